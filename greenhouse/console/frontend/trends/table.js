// The same data as a table. Made when it is opened, a part at a time: a phone need not build ten thousand cells.

import { word } from "../values/words.js";
import { bucketSpan } from "./times.js";
import { readingsAt } from "./readout.js";

const ROWS_AT_ONCE = 120;

/** The table of one chart, newest first. */
export class Table {
  #details;
  #view = null;
  #shown = 0;

  constructor(details) {
    this.#details = details;
    details.addEventListener("toggle", () => details.open && this.#build());
    details.addEventListener("click", (event) => event.target.closest("[data-more-rows]") && this.#more());
  }

  /** Other data. */
  update(view) {
    this.#view = view;
    if (this.#details.open) this.#build();
  }

  #build() {
    if (!this.#view) return;
    const body = this.#details.querySelector("tbody");
    const head = this.#details.querySelector("thead tr");
    head.replaceChildren(cell("th", word("chart.time"), { scope: "col" }), ...this.#heads());
    body.replaceChildren();
    this.#shown = 0;
    this.#more();
  }

  #heads() {
    return this.#view.data.series.map((s, i) => cell("th", s.unit ? `${this.#view.names[i]} (${s.unit})` : this.#view.names[i], { scope: "col" }));
  }

  #more() {
    const { data } = this.#view;
    const last = data.count - 1 - this.#shown;
    const rows = [];
    for (let i = last; i > last - ROWS_AT_ONCE && i >= 0; i -= 1) rows.push(this.#row(i));
    this.#shown += rows.length;
    this.#details.querySelector("tbody").append(...rows);
    const more = this.#details.querySelector("[data-more-rows]");
    more.hidden = this.#shown >= data.count;
    more.textContent = word("chart.more_rows", { n: Math.min(ROWS_AT_ONCE, data.count - this.#shown) });
  }

  #row(i) {
    const { data } = this.#view;
    const row = document.createElement("tr");
    const cells = readingsAt(this.#view, i).map(({ value, range, other, note }) => {
      const compared = other && `${data.compare.label} ${other}`;
      return cell("td", [value, range && `(${range})`, compared, note].filter(Boolean).join(" "));
    });
    row.append(cell("th", bucketSpan(data.start + i * data.step, data.step, data.zone), { scope: "row" }), ...cells);
    return row;
  }
}

function cell(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
