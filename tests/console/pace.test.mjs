// A page of a training base, whose time goes faster than that of the phone it is read on. Run by test_frontend.py under
// node's test runner.

import assert from "node:assert/strict";
import { test } from "node:test";

const SCRIPTS = new URL("../../greenhouse/console/frontend/", import.meta.url);
const BASE_NOW = Date.parse("2027-03-01T04:00:00Z"); // months ahead of the phone
let machineMs = Date.parse("2026-12-01T04:00:00Z");
const began = machineMs;

Date.now = () => machineMs;
globalThis.performance = { now: () => machineMs - began, getEntriesByType: () => [] };
globalThis.document = {
  getElementById: () => null,
  documentElement: { dataset: { serverTime: String(BASE_NOW), timeZone: "Asia/Shanghai", pace: "60.0" }, lang: "en" },
  querySelector: () => null,
  querySelectorAll: () => [],
};

const load = (name) => import(new URL(name, SCRIPTS));
const { ServerClock } = await load("live/clock.js");
const { atPace, freshness } = await load("values/freshness.js");
const POLLED_EVERY_5_S = { late: 10, stale: 300, dead: 900 };

test("between two frames base time goes on at its pace", () => {
  const clock = new ServerClock();
  machineMs += 2000;
  assert.equal(clock.now(), BASE_NOW + 120000);
  clock.sync(BASE_NOW + 120000, 600);
  machineMs += 1000;
  assert.equal(clock.now(), BASE_NOW + 720000);
  assert.equal(clock.sinceOnTheWire(BASE_NOW + 120000), 1000);
});

test("its day is another one than the phone's, and nobody calls that a wrong clock", () => {
  assert.equal(new ServerClock().skewS, 0);
});

test("a value polled every five seconds is minutes old and yet live", () => {
  const at60 = atPace(POLLED_EVERY_5_S, 60);
  assert.deepEqual(at60, { late: 600, stale: 900, dead: 1800 });
  assert.deepEqual([300, 599, 601, 1799, 1801].map((ageS) => freshness(ageS, at60)), ["live", "live", "late", "stale", "dead"]);
  assert.deepEqual(atPace(POLLED_EVERY_5_S, 600), { late: 6000, stale: 9000, dead: 18000 });
});

test("at the usual pace the limits are those that the server sent", () => {
  assert.deepEqual(atPace(POLLED_EVERY_5_S, 1), POLLED_EVERY_5_S);
});
