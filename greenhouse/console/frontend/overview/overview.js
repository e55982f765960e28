// What is drawn from several values at once: instruments, modes, house sections, the strip, the sun.

import { drawInstrument } from "./instrument.js";
import { word } from "../values/words.js";

export class Overview {
  #root;
  #readings;
  #trends;
  #clock;

  constructor(root, { readings, trends, clock }) {
    this.#root = root;
    this.#readings = readings;
    this.#trends = trends;
    this.#clock = clock;
  }

  draw() {
    for (const svg of this.#root.querySelectorAll(".instrument")) this.#drawInstrument(svg);
    for (const element of this.#root.querySelectorAll("[data-mode-point]")) this.#drawMode(element);
    for (const svg of this.#root.querySelectorAll(".section")) this.#drawSection(svg);
    for (const svg of this.#root.querySelectorAll(".stroke")) this.#drawStroke(svg);
    this.#drawAlarms();
    for (const element of this.#root.querySelectorAll("[data-sun]")) this.#drawSun(element);
    for (const element of this.#root.querySelectorAll("[data-wind-from]")) this.#drawWind(element);
  }

  /** The value of a point, or null where it may not be believed. */
  #value(point) {
    const state = point && this.#readings.state(point);
    if (!state || state.quality === "bad" || this.#readings.freshness(point) === "dead") return null;
    return state.value;
  }

  #drawInstrument(svg) {
    const { trend, low, high } = svg.dataset;
    drawInstrument(svg, {
      values: this.#trends.values(trend, this.#clock.now()),
      value: this.#value(trend),
      low: this.#value(low),
      high: this.#value(high),
      freshness: this.#readings.freshness(trend),
    });
  }

  #drawMode(element) {
    const { locationPoint, modePoint, local, signs, states } = element.dataset;
    const mode = this.#value(modePoint);
    const isLocal = this.#value(locationPoint) === Number(local);
    const sign = isLocal ? "local" : (JSON.parse(signs)[String(mode)] ?? "unknown");
    const name = mode === null ? word("mode.unknown") : (JSON.parse(states)[String(mode)] ?? String(mode));
    if (element.dataset.mode !== sign) {
      element.dataset.mode = sign;
      element.querySelector("use").setAttribute("href", `#mode-${sign}`);
    }
    write(element.querySelector(".mode-word"), isLocal ? word("mode.local") : name);
  }

  #drawSection(svg) {
    const { cover, flaps } = svg.dataset;
    const covered = svg.querySelector(".cover");
    const position = this.#value(cover);
    // A blanket at 100 % is rolled up, a thermal screen at 100 % is spread. With no position known nothing is drawn.
    const spread = svg.dataset.full === "open" ? 100 - position : position;
    covered?.setAttribute("stroke-dasharray", position === null ? "0 200" : `${percent(spread)} 200`);
    (flaps ? flaps.split(" ") : []).forEach((point, index) => {
      const flap = svg.querySelectorAll(".flap")[index];
      const open = this.#value(point);
      flap?.setAttribute("transform", `rotate(${-0.45 * (open ?? 0)} ${flap.dataset.hinge})`);
      flap?.toggleAttribute("hidden", open === null);
    });
  }

  /** Where an actuator stands on its way, and the tick where it is going. */
  #drawStroke(svg) {
    const position = this.#value(svg.dataset.position);
    const target = this.#value(svg.dataset.target);
    svg.toggleAttribute("data-unknown", position === null);
    svg.querySelector(".stroke-stand").setAttribute("width", percent(position ?? 0));
    const tick = svg.querySelector(".stroke-target");
    tick.toggleAttribute("hidden", target === null);
    tick.setAttribute("transform", `translate(${percent(target ?? 0)} 0)`);
  }

  /** The mark of a house's most urgent alarm. It comes and goes in its place; cards move only when the page is opened. */
  #drawAlarms() {
    const told = this.#root.querySelector("[data-house-alarms]")?.dataset.houseAlarms;
    if (told === undefined) return;
    const houses = JSON.parse(told);
    for (const mark of this.#root.querySelectorAll(".house-alarm")) {
      const [priority, calls] = houses[mark.dataset.compartment] ?? [0, false];
      mark.hidden = priority === 0;
      // The sentence is of the alarm for which the card was lifted when the page was opened.
      const why = mark.closest(".house")?.querySelector(".house-why");
      if (why) why.hidden = priority === 0 || priority > Number(why.dataset.priority);
      if (priority === 0) continue;
      mark.dataset.priority = priority;
      mark.querySelector(".alarm-mark").setAttribute("class", `alarm-mark alarm-mark--${priority}${calls ? " alarm-mark--calls" : ""}`);
      mark.querySelector("use").setAttribute("href", `#priority-${priority}`);
    }
  }

  #drawSun(element) {
    const now = this.#clock.now();
    const next = JSON.parse(element.dataset.sun).find(([, at]) => at > now);
    if (!next) {
      write(element.querySelector("dd"), "—"); // the page has stood open longer than it knows of
      return;
    }
    const minutes = Math.floor((next[1] - now) / 60000);
    write(element.querySelector("dt"), word(`sun.${next[0]}`));
    write(element.querySelector("dd"), `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`);
  }

  #drawWind(element) {
    const from = this.#value(element.dataset.windFrom);
    element.querySelector(".wind-arrow")?.toggleAttribute("hidden", from === null);
    if (from === null) return;
    element.querySelector(".wind-arrow path").setAttribute("transform", `rotate(${Math.round(from) + 180} 8 8)`);
    write(element.querySelector(".wind-name"), word(`wind.${Math.round((from % 360) / 45) % 8}`));
  }
}

/** The strip: how all points of the base stand, and what people are wanted for. */
export function drawStrip(strip, counts) {
  if (!strip) return;
  for (const [kind, count] of Object.entries({ ...wrong(counts), ...wanted(counts), pending: counts.pending })) {
    const element = strip.querySelector(`[data-count="${kind}"]`);
    element.hidden = count === 0;
    write(element.querySelector("b"), String(count));
  }
  const calm = Object.values(wrong(counts)).every((count) => count === 0);
  strip.dataset.calm = String(calm);
  strip.querySelector("[data-count=calm]").hidden = !calm;
  write(strip.querySelector("[data-count=calm] b"), String(counts.live));
}

/** Another text when something else is wrong or waits than before. */
export function standingOf(counts) {
  return [...Object.values(wrong(counts)), ...Object.values(wanted(counts))].join();
}

function wrong({ late, stale, bad, dead }) {
  return { late, stale, bad: bad + dead };
}

function wanted({ approvals, manual, ending, by_hand, local }) {
  return { approvals, manual, ending, by_hand, local };
}

function percent(value) {
  return Math.min(100, Math.max(0, value));
}

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
