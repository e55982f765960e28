// The setpoint sheet. Every step is a page of the server; here it is shown in a dialog and its entry made easy.

import { forgetDraft, keepDraft } from "./draft.js";
import { wireEntry } from "./entry.js";
import { word } from "../values/words.js";

const WIDE = 600;

export class Sheet {
  #dialog;
  #onContent;
  #onSignedOut;
  #opener = null;
  #turn = 0; // counts what the dialog was last asked to show: an older answer comes too late

  /** onSignedOut is called when the server asks who it is; what stands in the dialog stays. */
  constructor(dialog, { onContent, onSignedOut }) {
    this.#dialog = dialog;
    this.#onContent = onContent;
    this.#onSignedOut = onSignedOut;
  }

  start() {
    document.addEventListener("click", (event) => {
      const opener = event.target.closest("a[data-sheet]");
      if (!opener || !this.#dialog || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      this.open(opener.getAttribute("href"), opener);
    });
    document.addEventListener("submit", (event) => this.#submit(event));
    this.#dialog?.addEventListener("close", () => this.#closed());
    this.#dialog?.addEventListener("click", (event) => {
      if (event.target === this.#dialog || event.target.closest("[data-close-sheet]")) this.#dialog.close();
    });
    wireEntry(document);
    const wanted = new URLSearchParams(location.search).get("sheet");
    if (wanted && this.#dialog) this.open(`/points/${encodeURIComponent(wanted)}/set`, null);
  }

  async open(address, opener) {
    this.#opener = opener;
    this.#placeAwayFrom(opener);
    this.#fill(`<p class="sheet-body" role="status">${word("sheet.loading")}</p>`);
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#remember(address);
    const came = await this.#load(() => fetch(address, { headers: { "X-Fragment": "1" } }));
    if (came === "signed out") this.#dialog.close();
    else if (came === "unreachable") this.#sayUnreachable();
    else if (came === "another page") location.assign(address);
  }

  async #submit(event) {
    const form = event.target.closest("form[data-sheet-form]");
    if (!form || !this.#dialog?.contains(form)) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    const point = this.#dialog.querySelector("[data-sheet-point]")?.dataset.sheetPoint;
    form.dataset.sending = "";
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    const came = await this.#load(() => fetch(form.action, { method: "POST", body, headers: { "X-Fragment": "1" } }));
    if (came === "filled") {
      if (this.#dialog.querySelector("[data-command], [data-batch]")) forgetDraft(point);
      return;
    }
    delete form.dataset.sending;
    for (const button of form.querySelectorAll("button")) button.disabled = false;
    this.#onContent(this.#dialog); // which knows what else keeps a button from being pressed
    if (came === "overtaken" || came === "signed out") return;
    form.querySelector("[data-unsent]")?.removeAttribute("hidden");
    keepDraft(point, body.get("value"));
  }

  #sayUnreachable() {
    this.#fill(`<div class="sheet-body"><div class="sheet-head"><h2 tabindex="-1"></h2></div><p role="alert"></p><div class="actions"><button type="button" class="button button--wide at-end" data-close-sheet></button></div></div>`);
    this.#dialog.querySelector("h2").textContent = word("link.offline");
    this.#dialog.querySelector("[role=alert]").textContent = word("sheet.unreachable");
    this.#dialog.querySelector("[data-close-sheet]").textContent = word("sheet.close");
  }

  /** Show what the server answers, unless the dialog shows something else by then; what came of it. */
  async #load(ask) {
    const turn = (this.#turn += 1);
    try {
      const response = await ask();
      const html = await response.text();
      if (turn !== this.#turn) return "overtaken";
      if (new URL(response.url).pathname.startsWith("/login")) {
        this.#onSignedOut();
        return "signed out";
      }
      if (!html.includes("sheet-body")) return "another page";
      this.#fill(html);
      return "filled";
    } catch {
      return turn === this.#turn ? "unreachable" : "overtaken, unreachable";
    }
  }

  #fill(html) {
    this.#dialog.innerHTML = html;
    wireEntry(this.#dialog);
    const title = this.#dialog.querySelector("h2");
    if (title) this.#dialog.setAttribute("aria-label", title.textContent.trim());
    this.#dialog.querySelector("[autofocus], h2")?.focus();
    this.#onContent(this.#dialog);
  }

  /** On a desk the sheet stands at the other side, so that nothing in it lies where the opener was pressed. */
  #placeAwayFrom(opener) {
    if (!opener || window.innerWidth < WIDE) return;
    const { left, right } = opener.getBoundingClientRect();
    this.#dialog.dataset.side = (left + right) / 2 > window.innerWidth / 2 ? "left" : "right";
  }

  #remember(address) {
    const point = /^\/points\/([^/]+)\/set/.exec(address)?.[1];
    if (!point) return;
    const url = new URL(location.href);
    url.searchParams.set("sheet", decodeURIComponent(point));
    history.replaceState(null, "", url);
  }

  #closed() {
    this.#turn += 1;
    const url = new URL(location.href);
    url.searchParams.delete("sheet");
    history.replaceState(null, "", url);
    this.#dialog.replaceChildren();
    this.#opener?.focus();
  }
}
