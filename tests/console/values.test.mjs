// Values on a page, and what is said of the link, with a page that is only as much of one as they ask of it. Run by
// test_frontend.py under node's test runner.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const SCRIPTS = new URL("../../greenhouse/console/frontend/", import.meta.url);
const WORDS = {
  "link.as_of": "as of {time}",
  "freshness.last": "last {value} at {time}",
  "freshness.never": "never",
  "age.days": "{n} d",
  "link.as_of_never": "nothing yet",
  "banner.offline": "offline",
  "banner.showing": "data of {time}",
  "banner.showing_nothing": "no data yet",
  "banner.store": "no store",
  "sun.sunset": "sunset in",
};
const NOW = Date.parse("2026-11-25T06:05:00Z"); // 14:05 at the base
const HOUR = 3600000;

let shown = {};
let banner = null;
const root = { dataset: { serverTime: String(NOW), timeZone: "Asia/Shanghai", newest: String(NOW) }, lang: "en" };
globalThis.document = {
  getElementById: (id) => ({ words: { textContent: JSON.stringify(WORDS) }, "link-banner": banner })[id] ?? null,
  documentElement: root,
  querySelector: () => null,
  querySelectorAll: (selector) => shown[selector] ?? [],
  createElementNS: () => ({ setAttribute: () => {} }),
};
globalThis.window = { addEventListener: () => {} };

const load = (name) => import(new URL(name, SCRIPTS));
const { Readings } = await load("values/readings.js");
const { LinkState } = await load("live/linkstate.js");
const { ServerClock, formatWhen } = await load("live/clock.js");
const { Overview } = await load("overview/overview.js");

beforeEach(() => {
  shown = {};
  banner = null;
});

function reading(value, at) {
  const number = { textContent: "" };
  const dataset = { point: "h1.heating", value: String(value), quality: "good", reason: "none", origin: "measured", observedAt: String(at), lateAfter: "10", staleAfter: "300", deadAfter: "900", resolution: "0.1", decimals: "1" };
  return { dataset, isConnected: true, title: "", number, querySelector: (selector) => (selector === ".reading-number" ? number : null) };
}

const around = (...elements) => ({ querySelectorAll: () => elements });
const clock = { now: () => NOW, pace: 1 };

test("what the server has just written counts for more than what was known before", () => {
  const readings = new Readings(clock);
  const card = reading(16, NOW - 400000);
  readings.adopt(around(card));
  const sheet = reading(18.5, NOW - 1000);
  readings.adopt(around(sheet));
  readings.tick(true);
  assert.deepEqual([card.number.textContent, sheet.number.textContent], ["18.5", "18.5"]);
  readings.adopt(around(reading(12, NOW - 5000)));
  readings.tick(true);
  assert.equal(card.number.textContent, "18.5");
});

test("a value of another day is told with its day", () => {
  assert.equal(formatWhen(NOW - HOUR, NOW), "13:05");
  assert.equal(formatWhen(NOW - 14 * HOUR, NOW), "00:05");
  assert.equal(formatWhen(NOW - 15 * HOUR, NOW), "11-24 23:05");
  const readings = new Readings(clock);
  const dead = reading(18.4, NOW - 72 * HOUR);
  readings.adopt(around(dead));
  readings.tick(true);
  assert.equal(dead.number.textContent, "\u2014");
  assert.match(dead.title, /11-22 14:05/);
});

test("what stands on a page without its link is told as it stood then", () => {
  const note = { hidden: true, textContent: "" };
  shown = { "[data-as-of]": [note] };
  const link = new LinkState();
  const draw = (state) => link.draw({ state, attempt: 1, clock: { now: () => NOW + 30 * HOUR, sinceOnTheWire: () => 30 * HOUR, skewS: 0 } });
  link.learn({ store: "ok", counts: { newest: NOW } });
  draw("linked");
  assert.equal(note.hidden, true);
  draw("lost");
  assert.deepEqual([note.hidden, note.textContent], [false, "as of 11-25 14:05"]);
  draw("linked");
  assert.equal(note.hidden, true);
  link.learn({ store: "unavailable", counts: { newest: NOW } });
  draw("linked");
  assert.equal(note.hidden, false);
});

test("a base that never received anything is not said to show data of some time", () => {
  const text = { textContent: "" };
  const note = { hidden: true, textContent: "" };
  shown = { "[data-as-of]": [note] };
  banner = { dataset: {}, querySelector: (selector) => (selector === ".banner-text" ? text : {}) };
  const said = (state, frame) => {
    delete root.dataset.newest;
    const link = new LinkState();
    link.learn(frame);
    link.draw({ state, attempt: 1, clock: { now: () => NOW, sinceOnTheWire: () => 0, skewS: 0 } });
    return [text.textContent, note.textContent];
  };
  try {
    assert.deepEqual(said("linked", { store: "unavailable", counts: { newest: null } }), ["no store · no data yet", "nothing yet"]);
    assert.deepEqual(said("lost", { store: "ok" }), ["offline · no data yet", "nothing yet"]);
    assert.deepEqual(said("lost", { store: "ok", counts: { newest: NOW } }), ["offline · data of 14:05", "as of 14:05"]);
  } finally {
    root.dataset.newest = String(NOW);
  }
});

test("a page out of the browser's memory does not take its old time for the present", (t) => {
  t.mock.method(Date, "now", () => NOW + 3 * HOUR);
  const from = (entry) => t.mock.method(performance, "getEntriesByType", () => [entry]);
  from({ transferSize: 12000, encodedBodySize: 11700 });
  assert.ok(new ServerClock().now() - NOW < 1000);
  from({ transferSize: 0, encodedBodySize: 11700 });
  assert.ok(new ServerClock().now() - NOW >= 3 * HOUR);
});

class Cell {
  parts = { dt: { textContent: "" }, dd: { textContent: "1:00" } };
  constructor(sun) {
    this.dataset = { sun: JSON.stringify(sun) };
  }
  querySelector(selector) {
    return this.parts[selector];
  }
}

test("a page that has stayed open too long knows no sunset rather than an old one", () => {
  const cell = new Cell([["sunset", NOW + HOUR]]);
  const at = { ms: NOW };
  const overview = new Overview({ querySelectorAll: (s) => (s === "[data-sun]" ? [cell] : []), querySelector: () => null }, { readings: new Readings(clock), trends: null, clock: { now: () => at.ms } });
  overview.draw();
  assert.equal(cell.parts.dd.textContent, "1:00");
  at.ms = NOW + 2 * HOUR;
  overview.draw();
  assert.equal(cell.parts.dd.textContent, "\u2014");
});

test("an actuator whose place nobody knows is not drawn as one that is shut", () => {
  const made = () => ({ attributes: {}, setAttribute(name, value) { this.attributes[name] = value; }, toggleAttribute(name, on) { this.attributes[name] = on; } });
  const [stand, tick, svg] = [made(), made(), made()];
  Object.assign(svg, { dataset: { position: "vent.position" }, querySelector: (s) => (s === ".stroke-stand" ? stand : tick) });
  const readings = { state: () => undefined, freshness: () => "dead" };
  new Overview({ querySelectorAll: (s) => (s === ".stroke" ? [svg] : []), querySelector: () => null }, { readings, trends: null, clock }).draw();
  assert.equal(svg.attributes["data-unknown"], true);
});

test("the reason for which a house was lifted goes with its alarm", () => {
  const why = { hidden: false, dataset: { priority: "1" } };
  const sign = { setAttribute: () => {} };
  const mark = { hidden: true, dataset: { compartment: "h1" }, closest: () => ({ querySelector: () => why }), querySelector: () => sign };
  const strip = { dataset: { houseAlarms: "" } };
  const root = { querySelectorAll: (s) => (s === ".house-alarm" ? [mark] : []), querySelector: () => strip };
  const overview = new Overview(root, { readings: new Readings(clock), trends: null, clock });
  const told = (houses) => {
    strip.dataset.houseAlarms = JSON.stringify(houses);
    overview.draw();
    return why.hidden;
  };
  assert.deepEqual([told({ h1: [1, true] }), told({ h1: [3, true] }), told({ h2: [1, true] }), told({ h1: [1, false] })], [false, true, true, false]);
  why.dataset.priority = "3"; // one that is on goes before a more urgent one that is over
  assert.equal(told({ h1: [1, true] }), false);
});
