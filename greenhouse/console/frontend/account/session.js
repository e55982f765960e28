// The end of the person's session: said five minutes before, and afterwards the way back without losing the page.

import { Elapsed } from "../live/elapsed.js";
import { word } from "../values/words.js";

const WARN_BEFORE_MS = 5 * 60000;
const LOOK_EVERY_MS = 5000;
const ASK_EVERY_MS = 30000;
const SESSION = "/session";
const SIGN_IN = "/login";

export class SessionEnd {
  #dialog = document.getElementById("sign-in");
  #banner = document.getElementById("session-banner");
  #left = Infinity; // when it was last asked. [ms]
  #since = new Elapsed();
  #asked = null;
  #isOver = false;
  #onBack;

  /** onBack is called when the same person has signed in again. */
  constructor({ onBack }) {
    this.#onBack = onBack;
  }

  start() {
    if (!this.#dialog || !this.#banner) return;
    this.#left = Number(this.#dialog.dataset.sessionLeft) * 1000;
    setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#look();
    document.addEventListener("visibilitychange", () => document.hidden || this.#lookAnew());
    window.addEventListener("pageshow", (event) => event.persisted && this.#lookAnew());
    this.#banner.querySelector("button").addEventListener("click", () => this.#extend());
    this.#dialog.addEventListener("submit", (event) => this.#signIn(event));
    document.addEventListener("click", (event) => {
      if (!event.target.closest("[data-sign-in]") || !this.#isOver) return;
      event.preventDefault();
      this.ended();
    });
  }

  /** The server says that the session is over, or the person asks for the way back. */
  async ended() {
    this.#isOver = true;
    this.#banner.hidden = true;
    if (!this.#dialog.open) await this.#ask();
  }

  get #leftMs() {
    return this.#left - this.#since.ms;
  }

  /** Somebody comes to this page, perhaps from another one where they stayed signed in. */
  #lookAnew() {
    this.#asked = null;
    this.#look();
  }

  #look() {
    if (this.#isOver) return;
    if (this.#leftMs > WARN_BEFORE_MS) {
      this.#banner.hidden = true;
    } else if (!this.#asked || this.#asked.ms > ASK_EVERY_MS) {
      this.#ask(); // another page of this person may have extended it
    } else {
      this.#warn();
    }
  }

  #warn() {
    const minutes = Math.max(1, Math.ceil(this.#leftMs / 60000));
    const text = word("session.ends", { n: minutes });
    const place = this.#banner.querySelector(".banner-text");
    if (place.textContent !== text) place.textContent = text;
    this.#banner.hidden = false;
  }

  async #ask() {
    this.#asked = new Elapsed();
    try {
      await this.#take(await fetch(SESSION, { cache: "no-store" }));
    } catch {
      // No link: asked again soon.
    }
  }

  async #extend() {
    try {
      const body = new URLSearchParams({ csrfmiddlewaretoken: this.#banner.querySelector("[name=csrfmiddlewaretoken]").value });
      await this.#take(await fetch(`${SESSION}/extend`, { method: "POST", body }));
    } catch {
      // No link: the warning stays.
    }
  }

  async #signIn(event) {
    event.preventDefault();
    const body = new FormData(event.target);
    const button = event.target.querySelector("button");
    button.disabled = true;
    try {
      await this.#take(await fetch(SIGN_IN, { method: "POST", body }));
    } catch {
      button.disabled = false;
    }
  }

  /** Either how the session stands, or the form to sign in with, as the server wrote it. */
  async #take(response) {
    if (response.headers.get("Content-Type")?.startsWith("application/json")) this.#learn(await response.json());
    else if (new URL(response.url).pathname === SIGN_IN) this.#offer(await response.text());
  }

  #learn({ person, left_s: leftS, csrf }) {
    if (person !== this.#dialog.dataset.person) {
      location.reload(); // the page was written for somebody else
      return;
    }
    this.#left = leftS * 1000;
    this.#since = new Elapsed();
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = csrf;
    if (this.#isOver) {
      this.#isOver = false;
      this.#dialog.close();
      document.dispatchEvent(new Event("signed-in"));
      this.#onBack();
    }
    if (this.#leftMs > WARN_BEFORE_MS) this.#banner.hidden = true;
    else this.#warn();
  }

  #offer(html) {
    this.#isOver = true;
    this.#banner.hidden = true;
    const written = new DOMParser().parseFromString(html, "text/html");
    const place = this.#dialog.querySelector("[data-sign-in-form]");
    place.replaceChildren(...written.querySelectorAll(".login .fault, .login form"));
    const name = place.querySelector("[name=username]");
    name.value ||= this.#dialog.dataset.person;
    if (!this.#dialog.open) this.#dialog.showModal();
    place.querySelector("[name=password]").focus();
  }
}
