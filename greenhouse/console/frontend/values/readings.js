// Every value on the page: its number, and how far it may be believed.

import { atPace, freshness } from "./freshness.js";
import { formatNumber } from "./numbers.js";
import { ageInWords, bitsInWords, word } from "./words.js";
import { formatTime, formatWhen } from "../live/clock.js";

export class Readings {
  #clock;
  #elements = new Map(); // point -> elements that show it
  #states = new Map(); // point -> {value, quality, reason, origin, at}
  #linked = false;

  constructor(clock) {
    this.#clock = clock;
  }

  /** Find the values within an element that has just come into the page. What it says may be newer than any frame. */
  adopt(root) {
    for (const element of root.querySelectorAll("[data-point]")) {
      const point = element.dataset.point;
      const [known, told] = [this.#states.get(point), stateOf(element)];
      if (!known || told.at > known.at) this.#states.set(point, told);
      if (!this.#elements.has(point)) this.#elements.set(point, new Set());
      this.#elements.get(point).add(element);
    }
  }

  state(point) {
    return this.#states.get(point);
  }

  /** Freshness of a point as it is drawn now. */
  freshness(point) {
    const [element] = this.#elements.get(point) ?? [];
    return element?.dataset.freshness ?? "dead";
  }

  learn(points) {
    for (const [point, state] of Object.entries(points)) {
      if (!this.#elements.has(point)) continue;
      this.#states.set(point, state);
      this.#drawPoint(point);
    }
  }

  /** Time has passed, or the link came or went: all ages at once. */
  tick(linked) {
    this.#linked = linked;
    for (const point of this.#elements.keys()) this.#drawPoint(point);
  }

  #drawPoint(point) {
    const elements = this.#elements.get(point);
    for (const element of elements) {
      if (element.isConnected) this.#draw(element, this.#states.get(point));
      else elements.delete(element);
    }
  }

  #draw(element, state) {
    const ageS = state.at === null ? Infinity : (this.#clock.now() - state.at) / 1000;
    let fresh = freshness(ageS, atPace(limitsOf(element), this.#clock.pace));
    if (!this.#linked && fresh === "live") fresh = "late"; // nothing is live without a link
    const believable = state.value !== null && state.quality !== "bad" && fresh !== "dead";
    set(element, "quality", state.quality);
    set(element, "freshness", fresh);
    set(element, "origin", state.origin);
    set(element, "observedAt", state.at ?? "");
    set(element, "value", state.value ?? "");
    write(element, ".reading-number", believable ? shown(element, state.value) : "—");
    write(element, ".reading-age", note(state, fresh, ageS));
    const detail = believable ? "" : lastKnown(element, state, this.#clock.now());
    if (element.title !== detail) element.title = detail;
  }
}

function stateOf(element) {
  const { value, quality, reason, origin, observedAt } = element.dataset;
  return {
    value: value === "" || value === undefined ? null : Number(value),
    quality,
    reason: reason ?? "none",
    origin,
    at: observedAt ? Number(observedAt) : null,
  };
}

function limitsOf(element) {
  const { lateAfter, staleAfter, deadAfter } = element.dataset;
  return { late: Number(lateAfter), stale: Number(staleAfter), dead: Number(deadAfter) };
}

function shown(element, value) {
  if (element.dataset.bits) return bitsInWords(value, JSON.parse(element.dataset.bits));
  if (element.dataset.states) return JSON.parse(element.dataset.states)[String(value)] ?? String(value);
  return formatNumber(value, { resolution: Number(element.dataset.resolution), decimals: Number(element.dataset.decimals) });
}

/** What stands beside a value that is not live and good. */
function note(state, fresh, ageS) {
  if (state.at === null) return word("freshness.never");
  if (fresh === "dead" || fresh === "stale") return ageInWords(ageS);
  if (state.quality === "bad" || state.quality === "uncertain") return word(`reason.${state.reason}`);
  return "";
}

function lastKnown(element, state, now) {
  if (state.value === null || state.at === null) return word("freshness.never");
  return word("freshness.last", { value: shown(element, state.value), time: formatWhen(state.at, now, formatTime) });
}

function set(element, name, value) {
  const text = String(value);
  if (element.dataset[name] !== text) element.dataset[name] = text;
}

function write(element, selector, text) {
  const target = element.querySelector(selector);
  if (target && target.textContent !== text) target.textContent = text;
}
