// What the page says about its link: the sign in the bar, the banner, and whether commands may be sent.

import { formatShortTime, formatTime } from "./clock.js";
import { word } from "./words.js";

const SILENT_CONTROL_MS = 15000;
const SAY_RESTORED_MS = 6000;

export class LinkState {
  #newest = Number(document.documentElement.dataset.newest) || null;
  #frame = null;
  #restoredUntil = 0;

  learn(frame) {
    this.#frame = frame;
    this.#newest = frame.counts?.newest ?? this.#newest;
  }

  changed(state, before) {
    if (state === "linked" && before === "lost") this.#restoredUntil = performance.now() + SAY_RESTORED_MS;
  }

  draw({ state, attempt, clock }) {
    const tone = this.#tone(state, clock);
    document.documentElement.dataset.link = state;
    const sign = document.querySelector(".link-state");
    if (sign) {
      sign.dataset.tone = tone;
      sign.querySelector("use").setAttribute("href", `#link-${tone}`);
      write(sign.querySelector(".link-word"), word(`link.${tone}`));
      write(sign.querySelector(".link-time"), this.#newest ? formatTime(this.#newest) : "");
    }
    this.#drawBanner(state, attempt, clock);
    this.#allowCommands(state);
  }

  #tone(state, clock) {
    if (state !== "linked") return "offline";
    const silent = this.#newest === null || clock.now() - this.#newest > SILENT_CONTROL_MS;
    return this.#frame?.store === "unavailable" || silent ? "late" : "live";
  }

  #drawBanner(state, attempt, clock) {
    const banner = document.getElementById("link-banner");
    if (!banner) return;
    const time = this.#newest ? formatShortTime(this.#newest) : word("freshness.never");
    let text = "";
    let calm = false;
    if (state === "signed-out") text = word("banner.signed_out");
    else if (state === "lost") text = [word("banner.offline", { time }), attempt > 1 ? word("banner.attempt", { n: attempt }) : ""].filter(Boolean).join(" ");
    else if (state === "linked" && this.#frame?.store === "unavailable") text = word("banner.store", { time });
    else if (performance.now() < this.#restoredUntil) [text, calm] = [word("banner.restored", { time: formatShortTime(clock.now()) }), true];
    else if (state === "linked" && Math.abs(clock.skewS) > 30) [text, calm] = [word("banner.clock", { n: Math.round(Math.abs(clock.skewS)) }), true];
    banner.hidden = text === "";
    banner.dataset.tone = calm ? "calm" : "loud";
    write(banner.querySelector(".banner-text"), text);
    banner.querySelector("a").hidden = state !== "signed-out";
  }

  #allowCommands(state) {
    const linked = state === "linked" && this.#frame?.store !== "unavailable";
    for (const button of document.querySelectorAll("[data-needs-link]")) {
      button.disabled = !linked || button.dataset.refused === "true";
    }
    for (const reason of document.querySelectorAll("[data-offline-reason]")) reason.hidden = linked;
  }
}

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
