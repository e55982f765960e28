// The charts' own rules, as far as they need no page. Run by test_frontend.py under node's test runner.

import assert from "node:assert/strict";
import { test } from "node:test";

const SCRIPTS = new URL("../../greenhouse/console/frontend/trends/", import.meta.url);
const WORDS = {
  "chart.title": "{where}: {what} · {when}",
  "chart.compared": "{title} · {other}",
  "chart.part": "{label} {low} to {high}",
  "chart.part_empty": "{label} without values",
  "chart.places": "{n} places",
  "chart.last_hours": "last {n} h",
  "chart.last_days": "last {n} days",
  "chart.summary": "{label} {mean} {low} {lowAt} {high} {highAt} {newest} {cover} {alarms} {changes} {notes}",
  "chart.others": "{n} others",
  "chart.no_values": "no values",
  "chart.choose": "choose",
  "chart.nothing": "nothing",
  "list.comma": ", ",
};

globalThis.document = {
  getElementById: () => ({ textContent: JSON.stringify(WORDS) }),
  documentElement: { dataset: {}, lang: "en" },
  addEventListener: () => {},
};

const load = (name) => import(new URL(name, SCRIPTS));
const { bucketAt, carriedOn, curveOf, factsOf, isEmpty, panelsOf, shortNames, spread, timesOf } = await load("columns.js");
const { looksOf, faded } = await load("looks.js");
const { axisLabels, bucketSpan, fieldMoment, fieldValue, moment } = await load("times.js");
const { summaryOf, titleOf } = await load("sentences.js");
const { readingsAt } = await load("readout.js");

const ZONE = "Asia/Shanghai";
const MIDNIGHT = Date.parse("2026-11-24T16:00:00Z");
const MINUTE = 60000;

function series(changes = {}) {
  return {
    key: "h1.air",
    label: "air",
    place: "House 1",
    common: false,
    quantity: "temperature",
    quantity_name: "Temperature",
    unit: "°C",
    resolution: 0.1,
    decimals: 1,
    role: "measured",
    until: "",
    states: {},
    simulated: false,
    ...changes,
  };
}

const columns = (mean, changes = {}) => ({ mean, below: null, above: null, cover: null, bad: [], ...changes });

function data(all, changes = {}) {
  return { zone: ZONE, now: MIDNIGHT, live: true, start: MIDNIGHT, step: MINUTE, count: all[0]?.data.mean.length ?? 0, series: all, compare: null, sun: [], marks: [], cut_off: [], unreadable: [], ...changes };
}

function view(all, changes = {}) {
  const d = data(all, changes);
  return { data: d, hours: 24, times: timesOf(d), curves: all.map((s) => curveOf(s, s.data)), others: all.map(() => null), names: shortNames(all) };
}

test("steps become numbers, and what is missing stays missing", () => {
  const curve = curveOf(series(), columns([180, null, 200], { below: [5, null, 0], above: [0, null, 10] }));
  assert.deepEqual(curve.mean.map((v) => v && Math.round(v * 10) / 10), [18, null, 20]);
  assert.deepEqual(curve.low.map((v) => v && Math.round(v * 10) / 10), [17.5, null, 20]);
  assert.deepEqual(curve.high.map((v) => v && Math.round(v * 10) / 10), [18, null, 21]);
});

test("a mean stands in the middle of its bucket", () => {
  assert.deepEqual(timesOf({ start: 0, step: 10, count: 3 }), [5, 15, 25]);
});

test("a newer part goes on where the chart ends, and the oldest falls out", () => {
  const before = data([series({ data: columns([1, 2, 3, 4], { bad: [0, 3] }) })]);
  const newer = data([series({ data: columns([30, 40, 50], { below: [1, 1, 1], bad: [1] }) })], { start: MIDNIGHT + 2 * MINUTE });
  const after = carriedOn(before, newer);
  assert.equal(after.start, MIDNIGHT + MINUTE);
  assert.equal(after.count, 4);
  assert.deepEqual(after.series[0].data.mean, [2, 30, 40, 50]);
  assert.deepEqual(after.series[0].data.below, [0, 1, 1, 1]);
  assert.deepEqual(after.series[0].data.bad, [2]);
});

test("a damaged span stays told while the chart goes on, until it has left the chart", () => {
  const span = (start, end) => ({ point: "h1.air", start: MIDNIGHT + start * MINUTE, end: MIDNIGHT + end * MINUTE });
  const at = (start, unreadable, mean) => data([series({ data: columns(mean) })], { start: MIDNIGHT + start * MINUTE, unreadable });
  const chart = carriedOn(at(0, [span(0, 2)], [null, null, 3, 4]), at(3, [], [4, 5]));
  assert.deepEqual(chart.unreadable, [span(0, 2)]);
  assert.deepEqual(carriedOn(chart, at(3, [span(3, 5)], [null, null])).unreadable, [span(0, 2), span(3, 5)]);
  assert.deepEqual(carriedOn(chart, at(4, [], [5, 6])).unreadable, []);
  const same = span(0, 6);
  assert.deepEqual(carriedOn(at(0, [same], [null, null]), at(1, [same], [null])).unreadable, [same]);
});

test("what is compared goes on as well", () => {
  const compare = (mean) => ({ label: "x", shift: 1, series: [columns(mean)] });
  const before = data([series({ data: columns([1, 2]) })], { compare: compare([7, 8]) });
  const newer = data([series({ data: columns([3]) })], { start: MIDNIGHT + 2 * MINUTE, compare: compare([9]) });
  assert.deepEqual(carriedOn(before, newer).compare.series[0].mean, [8, 9]);
});

test("a part that does not fit is not sewn on", () => {
  const before = data([series({ data: columns([1, 2]) })]);
  const part = (changes, all = [series({ data: columns([3]) })]) => carriedOn(before, data(all, { start: MIDNIGHT + 2 * MINUTE, ...changes }));
  assert.ok(part({}));
  assert.equal(part({ step: 2 * MINUTE }), null);
  assert.equal(part({ start: MIDNIGHT + 3 * MINUTE }), null);
  assert.equal(part({ start: MIDNIGHT - MINUTE }), null);
  assert.equal(part({ start: MIDNIGHT + 1.5 * MINUTE }), null);
  assert.equal(part({}, [series({ key: "other", data: columns([3]) })]), null);
});

test("a chart that follows for a month does not grow", () => {
  let chart = data([series({ data: columns(Array(1500).fill(1)) })]);
  for (let n = 0; n < 5000; n += 1) {
    const newer = data([series({ data: columns([1, 1]) })], { start: chart.start + (chart.count - 1) * MINUTE, count: 2 });
    chart = carriedOn(chart, newer);
  }
  assert.equal(chart.count, 1500);
  assert.equal(chart.series[0].data.mean.length, 1500);
});

test("each quantity has a panel of its own, states stand last", () => {
  const all = [series(), series({ quantity: "state", role: "state" }), series({ quantity: "humidity", unit: "%" }), series({ key: "h2.air" })];
  assert.deepEqual(panelsOf(all).map(({ kind, members }) => [kind, members]), [["lines", [0, 3]], ["lines", [2]], ["lanes", [1]]]);
  assert.deepEqual(panelsOf([]), []);
});

test("the newest value of a curve that has ended is told with its time", () => {
  const ended = series({ data: columns([170, 180, null, null, null]) });
  const goes = series({ key: "h1.out", data: columns([1, 2, 3, 4, null]) });
  const [first, second] = readingsAt(view([ended, goes]), null);
  assert.deepEqual([first.value, first.note], ["18.0 °C", "11-25 00:01"]);
  assert.deepEqual([second.value, second.note], ["0.4 °C", ""]);
  const [fixed] = readingsAt(view([ended, goes]), 1);
  assert.equal(fixed.note, "");
});

test("facts leave out what is missing", () => {
  const facts = factsOf(curveOf(series(), columns([null, 180, 200, null], { cover: [0, 100, 50, 0] })));
  assert.deepEqual([facts.lowAt, facts.highAt, facts.newestAt, facts.mean, facts.cover], [1, 2, 2, 19, 37.5]);
  assert.equal(factsOf(curveOf(series(), columns([null, null]))), null);
  assert.ok(isEmpty({ series: [{ data: columns([null]) }] }));
});

test("names are as short as they may be", () => {
  const [air, set] = [series(), series({ label: "setpoint" })];
  const outside = series({ label: "outside air", place: "Base", common: true });
  assert.deepEqual(shortNames([air, set, outside]), ["air", "setpoint", "outside air"]);
  assert.deepEqual(shortNames([air, series({ place: "House 2" })]), ["House 1", "House 2"]);
  assert.deepEqual(shortNames([air, series({ place: "House 2", label: "setpoint" })]), ["House 1 · air", "House 2 · setpoint"]);
  assert.deepEqual(shortNames([air, series({ place: "Base", common: true })]), ["House 1 · air", "Base · air"]);
});

test("setpoints are dashed, everything else is told apart by color and then by dash", () => {
  const looks = looksOf([series(), series({ role: "setpoint" }), series({ role: "setpoint" }), series({ role: "outside" }), ...Array(20).fill(series())]);
  assert.equal(looks[0].color, "--series-1");
  assert.deepEqual(looks[0].dash, []);
  assert.ok(looks[1].dash.length && looks[2].dash.length);
  assert.notDeepEqual(looks[1].dash, looks[2].dash);
  assert.equal(looks[3].color, "--series-4");
  assert.equal(new Set(looks.slice(0, 3).concat(looks.slice(4)).map(({ color, dash }) => `${color} ${dash}`)).size, 23);
});

test("a color keeps its tone when it fades", () => {
  assert.equal(faded("#123456", 0.5), "#12345680");
  assert.equal(faded("#fff", 0), "#ffffff00");
});

test("names at the end of curves never stand on one another, nor outside", () => {
  const placed = spread([50, 52, 51, 300], { gap: 15, top: 10, bottom: 300 });
  const sorted = [...placed].sort((a, b) => a - b);
  for (let i = 1; i < sorted.length; i += 1) assert.ok(sorted[i] - sorted[i - 1] >= 15);
  assert.ok(sorted[0] >= 10 && sorted.at(-1) <= 300);
  assert.ok(placed[0] < placed[2] && placed[2] < placed[1]);
});

test("times are the base's, whatever zone the machine stands in", () => {
  assert.equal(moment(MIDNIGHT, ZONE), "11-25 00:00");
  assert.equal(bucketSpan(MIDNIGHT, 15 * MINUTE, ZONE), "11-25 00:00–00:15");
  assert.equal(bucketSpan(MIDNIGHT, 86400000, ZONE), "2026-11-25");
  assert.equal(bucketSpan(MIDNIGHT, 5000, ZONE), "11-25 00:00:00");
  assert.equal(axisLabels([MIDNIGHT, MIDNIGHT + 3600000], ZONE, 3600000)[1], "01:00");
  assert.match(axisLabels([MIDNIGHT], ZONE, 3600000)[0], /^11-25 /);
});

test("what a field for date and time says is read as the base's time", () => {
  for (const zone of [ZONE, "UTC", "America/New_York"]) assert.equal(fieldMoment(fieldValue(MIDNIGHT, zone), zone), MIDNIGHT);
  assert.ok(Number.isNaN(fieldMoment("", ZONE)));
});

test("a cursor beside the chart belongs to its first or last bucket", () => {
  const chart = { start: 0, step: 10, count: 3 };
  assert.deepEqual([-5, 0, 9.9, 10, 29, 500].map((ms) => bucketAt(chart, ms)), [0, 0, 0, 1, 2, 2]);
});

test("the title says what is seen", () => {
  const air = series({ data: columns([174, 186]) });
  assert.equal(titleOf(view([air])), "House 1: air 17.4 to 18.6 °C · last 24 h");
  const second = series({ place: "House 2", data: columns([160, 170]) });
  assert.equal(titleOf(view([air, second])), "2 places: air 16.0 to 18.6 °C · last 24 h");
  const set = series({ label: "setpoint", role: "setpoint", data: columns([160, 400]) });
  assert.equal(titleOf(view([air, set])), "House 1: air 17.4 to 18.6 °C · last 24 h");
  assert.equal(titleOf(view([series({ data: columns([null]) })])), "House 1: air without values · last 24 h");
  assert.equal(titleOf(view([])), "nothing");
  const compare = { label: "House 2", shift: 0, series: [null] };
  assert.equal(titleOf(view([air], { compare })), "House 1: air 17.4 to 18.6 °C · last 24 h · House 2");
});

test("one sentence stands for the picture", () => {
  const marks = [{ kind: "alarm" }, { kind: "alarm" }, { kind: "note" }];
  const shown = view([series({ data: columns([174, null, 186, 180]) })], { marks });
  assert.equal(summaryOf(shown), "air 18.0 °C 17.4 °C 11-25 00:00 18.6 °C 11-25 00:02 18.0 °C 75 2 0 1");
  assert.equal(summaryOf(view([series({ data: columns([null]) })])), "no values");
  assert.equal(summaryOf(view([])), "choose");
});
