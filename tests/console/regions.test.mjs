// Parts of a page that the server writes again, with a page that is only as much of one as they ask of it. Run by
// test_frontend.py under node's test runner.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const SCRIPTS = new URL("../../greenhouse/console/frontend/", import.meta.url);

class Region extends EventTarget {
  innerHTML = "No alarm";
  isConnected = true;
  fields = [];
  constructor(address, follows = "") {
    super();
    this.dataset = { liveRegion: address, ...(follows && { follows }) };
  }
  contains = () => false;
  querySelectorAll(selector) {
    return selector.startsWith("input") ? this.fields : [];
  }
}

/** What the server answers by address: a status with its text, or the failure of the line. */
const answers = new Map();
let asked = [];
let regions = [];
let unsettled = [];
let held = [];

globalThis.document = {
  activeElement: null,
  getElementById: () => null,
  querySelectorAll: (selector) => {
    if (selector === "[data-live-region] [data-unsettled]") return unsettled.map((region) => ({ closest: () => region }));
    if (selector === "[data-live-region] [data-held]") return held.map((region) => ({ closest: () => region }));
    const follows = /data-follows~?=(\w+)/.exec(selector)?.[1];
    return regions.filter((region) => (follows ? region.dataset.follows?.split(" ").includes(follows) : !region.dataset.follows));
  },
};
globalThis.fetch = async (address) => {
  asked.push(address);
  const answer = answers.get(address);
  if (answer instanceof Error) throw answer;
  return { ok: answer.status < 400, redirected: false, ...answer, text: async () => answer.html };
};

const { keepUp, refreshRegions } = await import(new URL("page/regions.js", SCRIPTS));

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
let nowMs = 0;

/** A while later, at the next frame. */
async function later(byMs = 10000) {
  nowMs += byMs;
  keepUp(nowMs);
  await settled();
}

beforeEach(async () => {
  [unsettled, held] = [[], []];
  regions = [];
  await later(1e6);
  asked = [];
  answers.clear();
});

for (const [what, answer] of [
  ["a server that has no answer", { status: 503 }],
  ["a line that breaks", new TypeError("no line")],
  ["a sign-in that is asked for", { status: 200, redirected: true, html: "sign in" }],
]) {
  test(`an alarm is shown although the first question for it met ${what}`, async () => {
    const strip = new Region("/alarms/strip", "alarms");
    regions = [strip];
    answers.set("/alarms/strip", answer);
    refreshRegions("[data-follows=alarms]");
    await settled();
    assert.equal(strip.innerHTML, "No alarm");
    answers.set("/alarms/strip", { status: 200, html: "Frost" });
    await later();
    assert.equal(strip.innerHTML, "Frost");
    await later();
    assert.deepEqual(asked, ["/alarms/strip", "/alarms/strip"]);
  });
}

test("what the server will never answer is not asked for again", async () => {
  regions = [new Region("/houses/gone/alarms", "alarms")];
  answers.set("/houses/gone/alarms", { status: 404 });
  refreshRegions("[data-follows=alarms]");
  await settled();
  await later();
  assert.equal(asked.length, 1);
});

test("a part that has left the page is owed no answer", async () => {
  const region = new Region("/a", "alarms");
  regions = [region];
  answers.set("/a", { status: 503 });
  refreshRegions("[data-follows=alarms]");
  await settled();
  region.isConnected = false;
  await later();
  assert.equal(asked.length, 1);
});

test("what is under way is asked after until it is settled, whatever frames tell of it", async () => {
  const rows = new Region("/batches/1/rows");
  answers.set("/batches/1/rows", { status: 200, html: "waiting" });
  unsettled = [rows];
  await later();
  assert.equal(rows.innerHTML, "waiting");
  answers.set("/batches/1/rows", { status: 200, html: "in force" });
  await later(1000);
  assert.equal(asked.length, 1);
  await later();
  assert.equal(rows.innerHTML, "in force");
  unsettled = [];
  await later();
  assert.equal(asked.length, 2);
});

test("nothing is written over what somebody is typing, and it is brought up to date afterwards", async () => {
  const region = new Region("/somewhere", "counts");
  regions = [region];
  region.fields = [{ value: "too c", defaultValue: "" }];
  answers.set("/somewhere", { status: 200, html: "another one waits" });
  refreshRegions("[data-follows=counts]");
  await settled();
  assert.equal(region.innerHTML, "No alarm");
  region.fields = [{ value: "", defaultValue: "" }];
  await later();
  assert.equal(region.innerHTML, "another one waits");
});

test("a hold is looked at once a minute: its end may have been put off elsewhere", async () => {
  held = [new Region("/houses/h1/setpoints")];
  answers.set("/houses/h1/setpoints", { status: 200, html: "manual until 16:30" });
  for (let n = 0; n < 12; n += 1) await later(10000);
  assert.deepEqual(asked, ["/houses/h1/setpoints", "/houses/h1/setpoints"]);
});

test("what changes with time alone is asked for once a minute", async () => {
  regions = [new Region("/schedules/short", "minutes")];
  answers.set("/schedules/short", { status: 200, html: "one run waits" });
  for (let n = 0; n < 30; n += 1) await later(10000);
  assert.equal(asked.length, 5);
});

test("a region may follow commands and the minutes both", async () => {
  regions = [new Region("/houses/h1/actuators", "commands minutes")];
  answers.set("/houses/h1/actuators", { status: 200, html: "for 4 min" });
  for (let n = 0; n < 30; n += 1) await later(10000);
  const askedByTime = asked.length;
  assert.ok(askedByTime >= 4);
  refreshRegions("[data-live-region]:not([data-follows]), [data-follows~=commands]");
  await later(0);
  assert.equal(asked.length, askedByTime + 1);
});
