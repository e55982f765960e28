// The page's own scripts, as far as they need no page. Run by test_frontend.py under node's test runner.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock, test } from "node:test";

const SCRIPTS = new URL("../../greenhouse/console/frontend/", import.meta.url);
const WORDS = { "age.seconds": "{n} s", "age.minutes": "{n} min", "age.hours": "{n} h", "age.days": "{n} d", "list.comma": ", ", "bits.none": "none" };

globalThis.document = {
  getElementById: () => ({ textContent: JSON.stringify(WORDS) }),
  documentElement: { dataset: {}, lang: "en" },
  addEventListener: () => {},
  querySelectorAll: () => [],
};
globalThis.window = { addEventListener: () => {} };

const load = (name) => import(new URL(name, SCRIPTS));
const { freshness } = await load("values/freshness.js");
const { formatDifference, formatNumber, parseNumber } = await load("values/numbers.js");
const { ageInWords, bitsInWords, word } = await load("values/words.js");
const { heightOf, pathOf, scaleOf } = await load("overview/instrument.js");
const { LastHour } = await load("overview/last_hour.js");
const { Link, waitBefore, whole } = await load("live/link.js");
const { Commands } = await load("changes/commands.js");

const agreed = JSON.parse(readFileSync(process.env.AGREED, "utf8"));

test("an age means the same freshness here and on the server", () => {
  for (const [ageS, limits, expected] of agreed.freshness) {
    assert.equal(freshness(ageS, limits), expected, `${ageS} s, ${JSON.stringify(limits)}`);
  }
});

test("a value whose age nobody knows is dead", () => {
  assert.equal(freshness(Infinity, { late: 10, stale: 300, dead: 900 }), "dead");
  assert.equal(freshness(NaN, { late: 10, stale: 300, dead: 900 }), "dead");
});

test("a number is written the same way here and on the server", () => {
  for (const [value, display, expected] of agreed.numbers) assert.equal(formatNumber(value, display), expected);
});

test("a difference has its sign, and no sign where there is none", () => {
  const display = { resolution: 0.1, decimals: 1 };
  assert.deepEqual([0.5, -0.5, 0.01, -0.01].map((d) => formatDifference(d, display)), ["+0.5", "\u22120.5", "0.0", "0.0"]);
});

test("a number is read as people write it", () => {
  assert.deepEqual(["16.5", "１６．５", "16,5", " \u22122 ", "+3"].map(parseNumber), [16.5, 16.5, 16.5, -2, 3]);
  for (const text of ["", "abc", "1e3", "1_6", "--1", "Infinity"]) assert.ok(Number.isNaN(parseNumber(text)), text);
});

test("an age is said like the server says it", () => {
  for (const [ageS, expected] of agreed.ages) assert.equal(ageInWords(ageS), expected);
});

test("the bits of a status word are named like the server names them", () => {
  for (const [value, names, expected] of agreed.bits) assert.equal(bitsInWords(value, names), expected);
});

test("an unknown word is shown by its name, and a missing value by its place", () => {
  assert.equal(word("no.such"), "no.such");
  assert.equal(word("age.days"), "{n} d");
});

test("a gap in a trend is a gap in its line", () => {
  const path = pathOf([1, 2, null, 3, undefined, null, 4], [0, 5], 70);
  assert.equal((path.match(/M/g) ?? []).length, 3);
  assert.equal(pathOf([null, null], [0, 5], 70), "");
});

test("a value beyond the scale stays at its edge", () => {
  assert.equal(heightOf(-1000, [0, 40]), heightOf(0, [0, 40]));
  assert.equal(heightOf(1000, [0, 40]), heightOf(40, [0, 40]));
  assert.ok(heightOf(30, [0, 40]) < heightOf(10, [0, 40]));
});

test("the scale hangs on the setpoints, and on a usual range where none is known", () => {
  const band = { below: 4, above: 4, fallback: [0, 40] };
  assert.deepEqual(scaleOf({ ...band, low: 16, high: 24 }), [12, 28]);
  assert.deepEqual(scaleOf({ ...band, low: null, high: 80 }), [76, 84]);
  assert.deepEqual(scaleOf({ ...band, low: null, high: null }), [0, 40]);
});

test("a trend takes means of minutes, leaves out what is bad, and forgets what is older than its hour", () => {
  const minute = 60000;
  const trends = new LastHour();
  trends.load({ start: 0, step: minute, count: 3, points: { a: [1, null, 3] } });
  assert.deepEqual(trends.values("a", 2 * minute), [1, null, 3]);
  const value = (v, at, quality = "good") => ({ a: { value: v, quality, at } });
  trends.learn(value(10, 3 * minute));
  trends.learn(value(20, 3 * minute + 5));
  trends.learn(value(99, 3 * minute + 6, "bad"));
  trends.learn(value(null, 3 * minute + 7));
  assert.deepEqual(trends.values("a", 3 * minute), [null, 3, 15]);
  assert.deepEqual(trends.values("a", 9 * minute), [null, null, null]);
  assert.deepEqual(trends.values("unknown", 0), [null, null, null]);
});

test("what most points of a frame have in common is said once, and a point may differ", () => {
  const frame = whole({ topic: "base", usual: { quality: "good", at: 7 }, points: { a: { value: 1 }, b: { value: null, quality: "bad" } } });
  assert.equal(frame.topic, "base");
  assert.deepEqual(frame.points, { a: { quality: "good", at: 7, value: 1 }, b: { quality: "bad", at: 7, value: null } });
});

test("attempts wait longer and longer, at most 30 s, half of it by chance", () => {
  assert.equal(waitBefore(1, () => 1), 500);
  assert.equal(waitBefore(1, () => 0), 250);
  assert.equal(waitBefore(4, () => 1), 4000);
  assert.equal(waitBefore(50, () => 1), 30000);
});

class FakeSocket extends EventTarget {
  static made = [];
  sent = [];
  constructor() {
    super();
    FakeSocket.made.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
  hear(frame) {
    const data = JSON.stringify({ epoch: "e", points: {}, commands: [], ...frame });
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }
  end(code) {
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

function linked() {
  globalThis.WebSocket = FakeSocket;
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const seen = { frames: [], states: [] };
  const link = new Link("ws://test", { onFrame: (f) => seen.frames.push(f), onState: (s) => seen.states.push(s) });
  link.start();
  return { link, seen, socket: () => FakeSocket.made.at(-1) };
}

test("a missing frame is asked for, and beats that fit are not", (t) => {
  t.after(() => mock.timers.reset());
  const { socket } = linked();
  socket().hear({ type: "snapshot", sequence: 4 });
  socket().hear({ type: "changes", sequence: 5 });
  socket().hear({ type: "beat", sequence: 5 });
  assert.deepEqual(socket().sent, []);
  socket().hear({ type: "changes", sequence: 7 });
  assert.deepEqual(socket().sent, [{ resume: 5, epoch: "e" }]);
  socket().hear({ type: "snapshot", sequence: 7 });
  socket().hear({ type: "beat", sequence: 8 });
  assert.equal(socket().sent.length, 2);
});

test("another epoch is a gap even when the number fits", (t) => {
  t.after(() => mock.timers.reset());
  const { socket } = linked();
  socket().hear({ type: "snapshot", sequence: 4 });
  socket().hear({ type: "changes", sequence: 5, epoch: "other" });
  assert.deepEqual(socket().sent, [{ resume: 4, epoch: "e" }]);
});

test("a lost socket is tried again, and a signed-out one is not", (t) => {
  t.after(() => mock.timers.reset());
  const { link, seen, socket } = linked();
  socket().hear({ type: "snapshot", sequence: 1 });
  const count = FakeSocket.made.length;
  socket().end(1006);
  assert.equal(link.state, "lost");
  mock.timers.tick(600);
  assert.equal(FakeSocket.made.length, count + 1);
  socket().hear({ type: "snapshot", sequence: 1 });
  assert.equal(link.state, "linked");
  socket().end(4401);
  mock.timers.tick(120000);
  assert.equal(link.state, "signed-out");
  assert.equal(FakeSocket.made.length, count + 1);
  assert.deepEqual(seen.states, ["linked", "lost", "linked", "signed-out"]);
});

test("a page that missed a frame asks once and waits for its snapshot", (t) => {
  t.after(() => mock.timers.reset());
  const { socket } = linked();
  socket().hear({ type: "snapshot", sequence: 1 });
  for (const sequence of [5, 6, 7, 8]) socket().hear({ type: "changes", sequence });
  assert.deepEqual(socket().sent, [{ resume: 1, epoch: "e" }]);
  socket().hear({ type: "snapshot", sequence: 8 });
  socket().hear({ type: "changes", sequence: 9 });
  assert.equal(socket().sent.length, 1);
});

test("a link that breaks again at once is tried less and less often", (t) => {
  t.after(() => mock.timers.reset());
  t.mock.method(Math, "random", () => 1);
  const { link, socket } = linked();
  const waits = [];
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    socket().hear({ type: "snapshot", sequence: 1 });
    const count = FakeSocket.made.length;
    socket().end(1006);
    assert.equal(link.attempt, attempt);
    let waited = 0;
    while (FakeSocket.made.length === count) {
      mock.timers.tick(50);
      waited += 50;
    }
    waits.push(waited);
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000]);
});

test("who may not look any more is told so and knocks no more; one page too many waits long", (t) => {
  t.after(() => mock.timers.reset());
  const { link, socket } = linked();
  socket().end(4429);
  assert.deepEqual([link.state, link.isOneTooMany], ["lost", true]);
  const count = FakeSocket.made.length;
  mock.timers.tick(14000);
  assert.equal(FakeSocket.made.length, count);
  mock.timers.tick(16000);
  assert.equal(FakeSocket.made.length, count + 1);
  socket().end(4403);
  assert.equal(link.state, "not-allowed");
  link.wake();
  mock.timers.tick(120000);
  assert.equal(FakeSocket.made.length, count + 1);
  link.restart();
  assert.equal(FakeSocket.made.length, count + 2);
});

test("a month of requests is not kept, but what is still open is", (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ["setTimeout"] });
  const commands = new Commands();
  const one = (id, state) => ({ id: String(id), point: "a", state, created: id, value: 1 });
  commands.learn([one(0, "dispatched")], { snapshot: true });
  for (let id = 1; id <= 1000; id += 1) commands.learn([one(id, "confirmed")], { snapshot: false });
  assert.equal(commands.count, 51);
});
