// The fixed read-out under a chart: every value at the cursor, or the newest. Nothing floats over the curves.

import { word } from "../values/words.js";
import { bucketSpan, fullMoment, moment } from "./times.js";
import { factsOf } from "./columns.js";
import { withUnit, written } from "./sentences.js";

/** What stands in the read-out for a bucket; null: the newest value of each curve. */
export function readingsAt(view, bucket) {
  return view.data.series.map((series, i) => {
    const curve = view.curves[i];
    const at = bucket ?? factsOf(curve)?.newestAt ?? -1;
    const value = curve.mean[at] ?? null;
    const other = view.others[i]?.mean[bucket ?? at] ?? null;
    return {
      value: withUnit(series, value),
      range: value === null || curve.low[at] === curve.high[at] ? "" : `${written(series, curve.low[at])} … ${written(series, curve.high[at])}`,
      other: view.others[i] ? withUnit(series, other) : "",
      note: [isOld(view, bucket, at) && moment(view.data.start + at * view.data.step, view.data.zone, view.data.step), noteOf(curve, at, value)].filter(Boolean).join(" "),
    };
  });
}

/** Whether the newest value of a curve is from long before the end of the chart: it then tells its time. */
const isOld = (view, bucket, at) => bucket === null && at >= 0 && at < view.data.count - 2;

function noteOf(curve, at, value) {
  if (at < 0) return word("chart.never");
  if (value === null) return word(curve.bad.has(at) ? "chart.bad" : "chart.gap");
  if (curve.bad.has(at)) return word("chart.partly_bad");
  const cover = curve.cover ? curve.cover[at] : 100;
  return cover < 90 ? word("chart.cover", { n: cover }) : "";
}

/** The read-out of one chart. */
export class Readout {
  #list;
  #time;
  #live;
  #rows = [];

  constructor(element) {
    this.#time = element.querySelector(".readout-time");
    this.#list = element.querySelector(".readout-list");
    this.#live = element.querySelector(".readout-live");
  }

  /** Another set of curves. */
  build(view) {
    this.#rows = view.data.series.map((series, i) => {
      const row = document.createElement("li");
      row.className = "readout-row";
      row.append(swatch(view.looks[i], series.role), part("readout-name", view.names[i]), part("readout-value"), more());
      return row;
    });
    this.#list.replaceChildren(...this.#rows);
  }

  draw(view, bucket) {
    const { data } = view;
    const time = bucket === null ? word("chart.newest") : bucketSpan(data.start + bucket * data.step, data.step, data.zone);
    write(this.#time, time);
    readingsAt(view, bucket).forEach(({ value, range, other, note }, i) => {
      const row = this.#rows[i];
      write(row.querySelector(".readout-value"), value);
      write(row.querySelector(".readout-range"), range);
      write(row.querySelector(".readout-other"), other && `${view.data.compare.label} ${other}`);
      write(row.querySelector(".readout-note"), note);
    });
  }

  /** Say it aloud: only for who moves the cursor by keys. */
  say(view, bucket) {
    const values = readingsAt(view, bucket).map(({ value, note }, i) => `${view.names[i]} ${value} ${note}`.trim());
    write(this.#live, [fullMoment(view.data.start + bucket * view.data.step, view.data.zone, view.data.step), ...values].join(word("list.comma")));
  }
}

function swatch({ color, dash, width }, role) {
  const NS = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", "0 0 28 12");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(NS, role === "state" ? "rect" : "path");
  if (role === "state") for (const [name, value] of Object.entries({ x: 1, y: 2, width: 26, height: 8 })) line.setAttribute(name, value);
  else line.setAttribute("d", "M1 6h26");
  line.setAttribute("class", role === "state" ? "swatch-lane" : `swatch-line swatch-line${color.slice(1)}`);
  line.setAttribute("stroke-width", String(width + 0.5));
  if (dash.length) line.setAttribute("stroke-dasharray", dash.join(" "));
  svg.append(line);
  return svg;
}

function more() {
  const element = part("readout-more");
  element.append(part("readout-range"), part("readout-other"), part("readout-note"));
  return element;
}

function part(name, text = "") {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
