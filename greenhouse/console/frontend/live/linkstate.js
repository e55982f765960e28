// What the page says about its link: the sign in the bar, the banner, and whether commands may be sent.

import { formatShortTime, formatTime, formatWhen } from "./clock.js";
import { word } from "../values/words.js";

const SILENT_CONTROL_MS = 15000;
const SAY_RESTORED_MS = 6000;
const LARGEST_SKEW_S = 30;

export class LinkState {
  #newest = Number(document.documentElement.dataset.newest) || null;
  #frame = null;
  #restoredUntil = 0;
  #wasLost = false;

  learn(frame) {
    this.#frame = frame;
    this.#newest = frame.counts?.newest ?? this.#newest;
  }

  changed(state, before) {
    if (state === "linked" && before !== "linked" && this.#wasLost) this.#restoredUntil = performance.now() + SAY_RESTORED_MS;
    this.#wasLost = state !== "linked" && (this.#wasLost || state !== "connecting");
  }

  draw({ state, attempt, clock, isOneTooMany = false }) {
    const tone = this.#tone(state, clock);
    document.documentElement.dataset.link = state;
    const sign = document.querySelector(".link-state");
    if (sign) {
      sign.dataset.tone = tone;
      sign.querySelector("use").setAttribute("href", `#link-${tone}`);
      write(sign.querySelector(".link-word"), word(`link.${tone}`));
      write(sign.querySelector(".link-time"), this.#newest ? formatTime(this.#newest) : "");
    }
    this.#drawAsOf(state, clock);
    this.#drawBanner(this.#say({ state, attempt, clock, isOneTooMany }), state);
    this.#allowCommands(state);
  }

  #tone(state, clock) {
    if (state !== "linked") return "offline";
    const silent = this.#newest === null || clock.sinceOnTheWire(this.#newest) > SILENT_CONTROL_MS;
    return this.#frame?.store === "unavailable" || silent ? "late" : "live";
  }

  /** What is to be said of the link, and whether it is only for information. */
  #say({ state, attempt, clock, isOneTooMany }) {
    if (state === "signed-out") return { text: word("banner.signed_out") };
    if (state === "not-allowed") return { text: word("banner.not_allowed") };
    const showing = this.#newest ? word("banner.showing", { time: this.#when(clock) }) : word("banner.showing_nothing");
    if (state === "lost" && isOneTooMany) return { text: sentences(word("banner.too_many"), showing) };
    if (state === "lost") {
      const trying = attempt > 1 ? word("banner.attempt", { n: attempt }) : "";
      return { text: sentences(word("banner.offline"), showing, trying) };
    }
    if (state === "linked" && this.#frame?.store === "unavailable") return { text: sentences(word("banner.store"), showing) };
    if (performance.now() < this.#restoredUntil) {
      return { text: word("banner.restored", { time: formatShortTime(clock.now()) }), isCalm: true };
    }
    if (state === "linked" && Math.abs(clock.skewS) > LARGEST_SKEW_S) {
      return { text: word("banner.clock", { n: Math.round(Math.abs(clock.skewS)) }), isCalm: true };
    }
    return { text: "" };
  }

  #when(clock) {
    return formatWhen(this.#newest, clock.now());
  }

  /** What counts and lists stand for, while nothing new can be known: nobody shall take an old "no alarm" for one of now. */
  #drawAsOf(state, clock) {
    const isKnown = state === "connecting" || (state === "linked" && this.#frame?.store !== "unavailable");
    for (const note of document.querySelectorAll("[data-as-of]")) {
      note.hidden = isKnown;
      if (!isKnown) write(note, this.#newest ? word("link.as_of", { time: this.#when(clock) }) : word("link.as_of_never"));
    }
  }

  #drawBanner({ text, isCalm = false }, state) {
    const banner = document.getElementById("link-banner");
    if (!banner) return;
    banner.hidden = text === "";
    banner.dataset.tone = isCalm ? "calm" : "loud";
    write(banner.querySelector(".banner-text"), text);
    banner.querySelector("a").hidden = state !== "signed-out";
  }

  #allowCommands(state) {
    const linked = state === "linked" && this.#frame?.store !== "unavailable";
    for (const button of document.querySelectorAll("[data-needs-link]")) {
      const isSending = button.form?.dataset.sending !== undefined;
      button.disabled = !linked || isSending || button.dataset.refused === "true";
    }
    for (const reason of document.querySelectorAll("[data-offline-reason]")) reason.hidden = linked;
  }
}

function sentences(...said) {
  return said.filter(Boolean).join(" · ");
}

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
