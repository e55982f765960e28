// What a chart says of itself: its title, and one sentence in its place for who cannot see it.

import { formatNumber } from "../values/numbers.js";
import { word } from "../values/words.js";
import { factsOf, panelsOf } from "./columns.js";
import { moment, stepParts } from "./times.js";

const MOST_PARTS = 2;

/** A value of a curve as people read it: its word or its number. */
export function written(series, value) {
  if (value === null || value === undefined) return "—";
  return series.states[String(value)] ?? formatNumber(value, series);
}

/** The same with its unit. */
export function withUnit(series, value) {
  const text = written(series, value);
  return series.unit && text !== "—" ? `${text} ${series.unit}` : text;
}

/** "1号日光温室：气温 17.4 至 18.6 °C · 最近 24 小时" */
export function titleOf(view) {
  const { series } = view.data;
  if (!series.length) return word("chart.nothing");
  const inside = series.filter((s) => !s.common);
  const places = [...new Set((inside.length ? inside : series).map((s) => s.place))];
  const parts = panelsOf(series).filter((panel) => panel.kind === "lines").slice(0, MOST_PARTS).map((panel) => partOf(view, panel));
  const states = series.filter((s) => s.role === "state").map((s) => s.label);
  const what = [...parts, ...(parts.length ? [] : states.slice(0, 3))].join(word("list.comma"));
  const where = places.length === 1 ? places[0] : word("chart.places", { n: places.length });
  const title = word("chart.title", { where, what, when: whenOf(view.data, view.hours) });
  return view.data.compare ? word("chart.compared", { title, other: view.data.compare.label }) : title;
}

function partOf(view, panel) {
  const { series } = view.data;
  const shown = panel.members.filter((i) => series[i].role !== "setpoint");
  const members = shown.length ? shown : panel.members;
  const first = series[members[0]];
  const inside = members.filter((i) => series[i].label === first.label);
  const facts = inside.map((i) => factsOf(view.curves[i])).filter(Boolean);
  if (!facts.length) return word("chart.part_empty", { label: first.label });
  const [low, high] = [Math.min(...facts.map((f) => f.low)), Math.max(...facts.map((f) => f.high))];
  return word("chart.part", { label: first.label, low: written(first, low), high: withUnit(first, high) });
}

/** What span a chart shows. */
export function whenOf(data, hours) {
  if (hours) return word(hours % 24 || hours < 48 ? "chart.last_hours" : "chart.last_days", { n: hours % 24 || hours < 48 ? hours : hours / 24 });
  return word("chart.span", { from: moment(data.start, data.zone), to: moment(data.start + data.count * data.step, data.zone) });
}

/** One sentence that says what a look would say. */
export function summaryOf(view) {
  const { data, curves } = view;
  const first = data.series.findIndex((s, i) => s.role !== "setpoint" && s.role !== "state" && factsOf(curves[i]));
  if (first < 0) return word(data.series.length ? "chart.no_values" : "chart.choose");
  const [s, facts] = [data.series[first], factsOf(curves[first])];
  const at = (i) => moment(data.start + i * data.step, data.zone, data.step);
  const count = (kind) => data.marks.filter((mark) => mark.kind === kind).length;
  const sentence = word("chart.summary", {
    label: view.names[first],
    mean: withUnit(s, facts.mean),
    low: withUnit(s, facts.low),
    lowAt: at(facts.lowAt),
    high: withUnit(s, facts.high),
    highAt: at(facts.highAt),
    newest: withUnit(s, facts.newest),
    cover: Math.round(facts.cover),
    alarms: count("alarm"),
    changes: count("change"),
    notes: count("note"),
  });
  const others = data.series.length - 1;
  return others ? `${sentence} ${word("chart.others", { n: others })}` : sentence;
}

/** "1 min" */
export function stepInWords(step) {
  const [unit, n] = stepParts(step);
  return word(`chart.step_${unit}`, { n });
}
