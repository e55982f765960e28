// What happened while the curves ran, as a list beside them: alarms, changes and notes, each leading to its moment.

import { word } from "../values/words.js";
import { moment } from "./times.js";

/**
 * Write the list anew.
 *
 * @param {HTMLElement} list
 * @param {object} view
 * @param {(mark: object) => void} onChoose
 */
export function drawEvents(list, view, onChoose) {
  const { marks, zone } = view.data;
  const focused = list.contains(document.activeElement) ? [...list.querySelectorAll("button, a")].indexOf(document.activeElement) : -1;
  list.replaceChildren(...[...marks].reverse().map((mark) => row(mark, zone, onChoose)));
  list.hidden = marks.length === 0;
  list.parentElement.querySelector("[data-no-events]").hidden = marks.length > 0;
  if (focused >= 0) list.querySelectorAll("button, a")[focused]?.focus();
}

function row(mark, zone, onChoose) {
  const item = document.createElement("li");
  item.className = "event";
  item.dataset.kind = mark.kind;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "event-go";
  const until = mark.until === null ? "" : `–${moment(mark.until, zone)}`;
  button.append(sign(mark), text("event-time", `${moment(mark.at, zone)}${until}`), text("event-what", mark.kind === "alarm" ? `P${mark.sign} ${mark.what}` : mark.what));
  button.addEventListener("click", () => onChoose(mark));
  const who = text("event-who", [word(`chart.kind_${mark.kind}`), mark.where, mark.by].filter(Boolean).join(" · "));
  item.append(button, who);
  if (mark.id) {
    const link = Object.assign(document.createElement("a"), { className: "button", textContent: word("chart.edit_note") });
    link.href = `/trends/notes/${mark.id}?next=${encodeURIComponent(location.pathname + location.search)}`;
    item.append(link);
  }
  return item;
}

function sign({ kind, sign: number }) {
  const NS = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NS, "svg");
  const use = document.createElementNS(NS, "use");
  const name = { alarm: `priority-${number}`, change: "event-change", note: "event-note" }[kind];
  use.setAttribute("href", `#${name}`);
  svg.setAttribute("class", kind === "alarm" ? "alarm-mark" : "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

function text(name, content) {
  return Object.assign(document.createElement("span"), { className: name, textContent: content });
}
