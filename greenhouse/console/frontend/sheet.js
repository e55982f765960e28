// The setpoint sheet. Every step is a page of the server; here it is shown in a dialog and its entry made easy.

import { formatNumber, parseNumber } from "./numbers.js";
import { word } from "./words.js";

const REPEAT_AFTER_MS = 600;
const REPEAT_MS = [220, 160, 110, 80];
const HOLD_MS = 1500;
const PRESS_AGAIN_MS = 10000;
const WIDE = 600;

export class Sheet {
  #dialog;
  #onContent;
  #opener = null;

  constructor(dialog, { onContent }) {
    this.#dialog = dialog;
    this.#onContent = onContent;
  }

  start() {
    document.addEventListener("click", (event) => {
      const opener = event.target.closest("a[data-sheet]");
      if (!opener || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
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
    await this.#load(() => fetch(address, { headers: { "X-Fragment": "1" } }), () => location.assign(address));
  }

  async #submit(event) {
    const form = event.target.closest("form[data-sheet-form]");
    if (!form || !this.#dialog?.contains(form)) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    await this.#load(
      () => fetch(form.action, { method: "POST", body, headers: { "X-Fragment": "1" } }),
      () => {
        for (const button of form.querySelectorAll("button")) button.disabled = false;
        form.querySelector("[data-unsent]")?.removeAttribute("hidden");
      },
    );
  }

  async #load(ask, onFailure) {
    try {
      const response = await ask();
      const html = await response.text();
      if (new URL(response.url).pathname.startsWith("/login")) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      else if (html.includes("sheet-body")) this.#fill(html);
      else onFailure();
    } catch {
      onFailure();
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
    const url = new URL(location.href);
    url.searchParams.delete("sheet");
    history.replaceState(null, "", url);
    this.#dialog.replaceChildren();
    this.#opener?.focus();
  }
}

/** Steppers that repeat while held, an entry that stops at its limits, a button that wants to be held. */
export function wireEntry(root) {
  for (const stepper of root.querySelectorAll(".stepper")) wireStepper(stepper);
  for (const button of root.querySelectorAll("[data-hold]")) wireHold(button);
}

function wireStepper(stepper) {
  const input = stepper.querySelector("input");
  const { step, low, high, resolution, decimals } = Object.fromEntries(
    Object.entries(input.dataset).map(([key, value]) => [key, Number(value)]),
  );
  const limitNote = stepper.parentElement.querySelector("[data-limit-note]");
  const noteAt = (value) => {
    const side = value <= low ? "low" : value >= high ? "high" : "";
    limitNote.textContent = side ? limitNote.dataset[side] : "";
  };
  const move = (direction) => {
    const now = parseNumber(input.value);
    const start = Number.isNaN(now) ? Number(input.defaultValue) || low : now;
    const value = Math.min(high, Math.max(low, start + direction * step));
    input.value = formatNumber(value, { resolution, decimals });
    noteAt(value);
  };
  for (const button of stepper.querySelectorAll("[data-step]")) wireRepeat(button, () => move(Number(button.dataset.step)));
  input.addEventListener("input", () => noteAt(parseNumber(input.value)));
  input.addEventListener("focus", () => input.select());
  input.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    move(event.key === "ArrowUp" ? 1 : -1);
  });
}

function wireRepeat(button, act) {
  let timer = 0;
  const stop = () => clearTimeout(timer);
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    act();
    let count = 0;
    const again = () => {
      act();
      timer = setTimeout(again, REPEAT_MS[Math.min(REPEAT_MS.length - 1, Math.floor(count++ / 4))]);
    };
    timer = setTimeout(again, REPEAT_AFTER_MS);
  });
  for (const name of ["pointerup", "pointerleave", "pointercancel", "blur"]) button.addEventListener(name, stop);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("click", (event) => event.detail === 0 && act()); // by keyboard
}

/** A large change is sent by holding the button; by keyboard it is pressed, and then pressed once more. */
function wireHold(button) {
  const label = button.querySelector("[data-hold-label]");
  const first = label.textContent;
  let timer = 0;
  let armedAt = -Infinity;
  const send = () => {
    button.form.elements.held.value = "1";
    button.form.requestSubmit(button);
  };
  const release = () => {
    clearTimeout(timer);
    button.classList.remove("is-held");
  };
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || button.disabled || !button.form.reportValidity()) return;
    button.classList.add("is-held");
    timer = setTimeout(send, HOLD_MS);
  });
  for (const name of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(name, release);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("click", (event) => {
    if (button.form.elements.held.value === "1") return;
    event.preventDefault();
    if (event.detail !== 0) return; // a short tap does nothing
    if (performance.now() - armedAt < PRESS_AGAIN_MS && button.form.reportValidity()) {
      send();
    } else {
      armedAt = performance.now();
      label.textContent = word("sheet.press_again");
      setTimeout(() => (label.textContent = first), PRESS_AGAIN_MS);
    }
  });
}
