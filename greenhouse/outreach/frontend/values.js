// Puts published values into the page, each with its age, and says where none may be believed.

import { baseNowMs, dayAndTimeText, timeText } from "./clock.js";
import { ageText, word } from "./words.js";

export const STALE_MS = 30 * 60_000;
const OLD_MS = 5 * 60_000;
const NONE = "—";

export function numberText(value, decimals) {
  const text = (Math.floor(value * 10 ** decimals + 0.5) / 10 ** decimals).toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

// How far a value may be believed now: live, old, stale or none.
export function standing(value) {
  if (!value || value.v === null || value.q === "bad") {
    return "none";
  }
  const age = baseNowMs() - value.at;
  return age >= STALE_MS ? "stale" : age >= OLD_MS ? "old" : "live";
}

// A number that scenes may go by; null if there is none that is recent.
export function usable(data, name) {
  const value = data.values[name];
  return ["live", "old"].includes(standing(value)) ? value.v : null;
}

function put(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function show(element, value) {
  const stands = standing(value);
  element.dataset.standing = stands;
  put(element, stands === "none" ? NONE : numberText(value.v, Number(element.dataset.decimals || 0)));
}

export function showValues(root, data) {
  for (const element of root.querySelectorAll("[data-value]")) {
    show(element, data.values[element.dataset.value]);
  }
  for (const element of root.querySelectorAll("[data-house]")) {
    show(element, data.houses.find((house) => String(house.number) === element.dataset.house)?.air);
  }
}

export function showSentences(root, data) {
  for (const element of root.querySelectorAll("[data-sentence]")) {
    const sentence = data.sentences[element.dataset.sentence];
    const needed = (sentence?.needs || []).map((name) => data.values[name]).filter(Boolean);
    const stale = needed.filter((value) => standing(value) === "stale");
    const oldest = Math.min(...stale.map((value) => value.at));
    element.dataset.standing = stale.length ? "stale" : "live";
    for (const span of element.querySelectorAll("[data-lang]")) {
      const said = stale.length
        ? word("stale", span.dataset.lang, { time: dayAndTimeText(oldest, data.time_zone) })
        : sentence?.[span.dataset.lang] || "";
      put(span, said);
    }
  }
}

// Where the numbers of a display come from, when they were measured, and whether they are only a demonstration.
export function showSource(root, data) {
  const now = baseNowMs();
  for (const element of root.querySelectorAll("[data-source]")) {
    const names = element.dataset.source.split(" ");
    const ofAll = names.includes("houses");
    const houses = ofAll ? data.houses.map(({ air }) => air) : [];
    const values = [...names.map((name) => data.values[name]), ...houses].filter(Boolean);
    const known = values.filter((value) => standing(value) !== "none");
    const oldest = Math.min(...known.map((value) => value.at));
    for (const span of element.querySelectorAll("[data-lang]")) {
      const language = span.dataset.lang;
      const house = ofAll ? "" : data.sentences.house?.[language] || "";
      const when = known.length
        ? `${timeText(oldest, data.time_zone)} · ${ageText(now - oldest, language)}`
        : word("none", language);
      put(span, house ? `${house} · ${when}` : when);
    }
    for (const mark of element.querySelectorAll("[data-mark]")) {
      mark.hidden = !values.some((value) => value.o === "simulated");
    }
    element.closest("[data-display]")?.setAttribute("data-standing", worst(values));
  }
}

function worst(values) {
  const order = ["live", "old", "stale", "none"];
  const found = values.map((value) => order.indexOf(standing(value)));
  return found.length ? order[Math.max(...found)] : "none";
}
