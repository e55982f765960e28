// The harvest form: what is stored is stored once, and what cannot be sent stays on this device until it can.
//
// Every harvest is kept under the id of its form before it is sent, and let go when the server says that it stored it.
// The server stores an id once, so sending what was kept again does no harm.

import { refreshRegions } from "../page/regions.js";
import { DraftBox, newId } from "./drafts.js";

const PATIENCE_MS = 10000;
const TRY_AGAIN_MS = 30000;
const FIELDS = ["cycle", "grade", "kg", "stems", "day", "note", "reason"];
const KNOWN = new Set(["stored", "doubtful", "refused"]);
const CLEARED = ["kg", "stems", "note", "reason"];

export function wireHarvest(root) {
  const form = root.querySelector("[data-harvest-form]");
  if (form) new HarvestForm(form).start();
}

class HarvestForm {
  #form;
  #box;
  #fault;
  #stored;
  #isSending = false;
  #isCatchingUp = false;

  constructor(form) {
    this.#form = form;
    this.#fault = form.querySelector("[data-harvest-fault]");
    this.#stored = document.querySelector("[data-harvest-stored]");
    this.#box = new DraftBox(form.dataset.person, document.querySelector("[data-drafts]"), {
      waits: form.dataset.waits,
      onTake: (draft) => this.#fill(draft),
    });
  }

  start() {
    const link = new MutationObserver(() => this.#catchUp());
    link.observe(document.documentElement, { attributes: true, attributeFilter: ["data-link"] });
    window.addEventListener("online", () => this.#catchUp());
    window.addEventListener("pageshow", () => this.#catchUp());
    setInterval(() => this.#catchUp(), TRY_AGAIN_MS);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#form.cycle.addEventListener("change", () => this.#askForStems());
    this.#askForStems();
    this.#box.draw();
    this.#catchUp();
    this.#form.dataset.ready = "true";
  }

  async #send() {
    if (this.#isSending) return;
    this.#isSending = true;
    const draft = this.#read();
    this.#box.keep(draft);
    const answer = await this.#post(draft);
    this.#isSending = false;
    if (answer.state === "stored") {
      this.#box.drop(draft.id);
      this.#tell(answer.message);
      this.#clear();
      refreshRegions("[data-follows=harvests]");
    } else if (answer.state === "unsent") {
      this.#tell(answer.message);
      this.#clear();
    } else {
      this.#box.drop(draft.id); // it stands in the form, for the person to mend
      this.#complain(answer.message);
      if (answer.state === "doubtful") this.#askWhy();
    }
    this.#box.draw();
  }

  /** Send what was kept, one after the other; what the server refuses waits for its person. */
  async #catchUp() {
    if (this.#isCatchingUp || this.#isSending || document.documentElement.dataset.link === "lost") return;
    this.#isCatchingUp = true;
    for (const draft of this.#box.waiting()) {
      const answer = await this.#post(draft);
      if (answer.state === "unsent") break;
      if (answer.state === "stored") {
        this.#box.drop(draft.id);
        this.#tell(answer.message);
        refreshRegions("[data-follows=harvests]");
      } else {
        this.#box.keep({ ...draft, asks: answer.message });
      }
    }
    this.#isCatchingUp = false;
    this.#box.draw();
  }

  async #post(draft) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", this.#form.csrfmiddlewaretoken.value);
    body.set("submission", draft.id);
    for (const name of FIELDS) body.set(name, draft.fields[name] ?? "");
    try {
      const response = await fetch(this.#form.action, {
        method: "POST",
        body,
        headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (response.redirected) return { state: "unsent", message: this.#form.dataset.signedOut };
      const answer = await response.json();
      if (KNOWN.has(answer.state)) return answer;
      // The store did not answer, or something else did in the server's place.
      return { state: "unsent", message: this.#form.dataset.unsent };
    } catch {
      return { state: "unsent", message: this.#form.dataset.unsent };
    }
  }

  #read() {
    const data = new FormData(this.#form);
    const fields = Object.fromEntries(FIELDS.map((name) => [name, data.get(name) ?? ""]));
    const name = this.#form.cycle.selectedOptions[0]?.textContent ?? "";
    return { id: data.get("submission"), fields, name, at: Date.now() };
  }

  #fill(draft) {
    this.#form.submission.value = draft.id;
    for (const name of FIELDS) if (this.#form.elements[name]) this.#form.elements[name].value = draft.fields[name] ?? "";
    if (draft.asks) this.#complain(draft.asks);
    this.#askWhy();
    this.#askForStems();
    this.#form.kg.focus();
  }

  #clear() {
    this.#form.submission.value = newId();
    for (const name of CLEARED) this.#form.elements[name].value = "";
    this.#form.querySelector("[data-harvest-reason]").hidden = true;
    this.#fault.hidden = true;
  }

  #askWhy() {
    this.#form.querySelector("[data-harvest-reason]").hidden = false;
    this.#form.reason.focus();
  }

  #askForStems() {
    const isCounted = this.#form.cycle.selectedOptions[0]?.dataset.stems !== undefined;
    this.#form.querySelector("[data-harvest-stems]").hidden = !isCounted;
    if (!isCounted) this.#form.stems.value = "";
  }

  #tell(message) {
    this.#stored.textContent = message;
    this.#stored.hidden = false;
    this.#fault.hidden = true;
  }

  #complain(message) {
    this.#fault.querySelector("p").textContent = message;
    this.#fault.hidden = false;
    this.#stored.hidden = true;
    this.#fault.scrollIntoView({ block: "nearest" });
  }
}
