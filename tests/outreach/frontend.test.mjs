// The parts of visitors' scripts that decide, without a browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import { pauseMs } from "../../greenhouse/outreach/frontend/feed.js";
import { wantsReload } from "../../greenhouse/outreach/frontend/renew.js";
import { phaseOf, sunOnBow } from "../../greenhouse/outreach/frontend/scenes/sky.js";
import { labelPlace, linePath, todays } from "../../greenhouse/outreach/frontend/scenes/today.js";
import { numberText } from "../../greenhouse/outreach/frontend/values.js";

test("tries come later and later, never later than half a minute and a bit, and not all at once", () => {
  const middle = [1, 2, 3, 4, 5, 6, 7, 8, 20].map((failures) => pauseMs(failures, 0.5));
  assert.deepEqual(middle, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  assert.equal(pauseMs(0, 0.5), 15000);
  assert.ok(pauseMs(20, 0) < pauseMs(20, 1) && pauseMs(20, 1) <= 37500);
});

test("a line has a gap where nothing is known", () => {
  const up = (mean) => 100 - mean;
  const path = linePath([{ hour: 0, mean: 1 }, { hour: 1, mean: null }, { hour: 2, mean: 3 }, { hour: 3, mean: 4 }], up);
  assert.equal(path, "M70.0 99.0M157.0 97.0L200.5 96.0");
  assert.equal(linePath([], up), "");
});

test("a label stands beside the end of its line, or above the line where the day is nearly over", () => {
  const up = (mean) => 100 - mean;
  const falling = [{ hour: 2, mean: 90 }, { hour: 20, mean: 30 }, { hour: 21, mean: 20 }, { hour: 22, mean: null }];
  const { x, y, anchor } = labelPlace(falling, up, 0);
  assert.equal(anchor, "end");
  assert.ok(x < 70 + 1044 * (21 / 24) && y < up(30) - 20, `${x} ${y}`);
  assert.deepEqual(labelPlace(falling.slice(0, 1), up, 0), { mean: 90, x: 197, y: 10, anchor: "start" });
  assert.equal(labelPlace(falling.slice(0, 1), up, 300).x, 340); // right of now, where the last value is old
  assert.equal(labelPlace([], up, 0), null);
});

test("only means of today are drawn, at the hour of the base", () => {
  const midnight = Date.parse("2026-01-15T00:00:00+08:00");
  const course = { begins: midnight - 3_600_000, step_s: 1800, means: [1, 2, 3, 4] };
  const found = todays(course, "Asia/Shanghai", midnight + 5 * 3_600_000);
  assert.deepEqual(found, [{ hour: 0.25, mean: 3 }, { hour: 0.75, mean: 4 }]);
  assert.deepEqual(todays(undefined, "Asia/Shanghai", midnight), []);
});

test("the sun is highest at noon and gone at night", () => {
  const bow = { left: 0, right: 100, horizon: 50, top: 10 };
  assert.deepEqual(sunOnBow(0.5, bow), { x: 50, y: 10 });
  assert.equal(phaseOf(-0.2), "night");
  assert.equal(phaseOf(0.02), "twilight");
  assert.equal(phaseOf(0.5), "day");
  assert.equal(phaseOf(null), "night");
});

test("the wall loads itself anew for another build, or once a night, and never without an answer", () => {
  const usual = { build: "a", pageBuild: "a", hour: 12, openMs: 8 * 3_600_000 };
  assert.equal(wantsReload(usual), false);
  assert.equal(wantsReload({ ...usual, build: "b" }), true);
  assert.equal(wantsReload({ ...usual, hour: 3.9 }), true);
  assert.equal(wantsReload({ ...usual, hour: 4.1 }), false);
  assert.equal(wantsReload({ ...usual, hour: 3.5, openMs: 3_600_000 }), false);
  assert.equal(wantsReload({ ...usual, build: undefined, hour: 3.5 }), false);
});

test("numbers have a true minus and no negative zero", () => {
  assert.equal(numberText(-17.24, 1), "−17.2");
  assert.equal(numberText(-0.04, 1), "0.0");
});
