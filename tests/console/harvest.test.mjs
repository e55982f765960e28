// Harvests that wait on a device, with a page that is only as much of one as they ask of it. Run by test_frontend.py
// under node's test runner.

import assert from "node:assert/strict";
import { test } from "node:test";

const kept = new Map();
globalThis.localStorage = new Proxy(
  {
    setItem: (key, text) => kept.set(key, text),
    getItem: (key) => kept.get(key) ?? null,
    removeItem: (key) => kept.delete(key),
  },
  { ownKeys: () => [...kept.keys()], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) },
);

const { DraftBox, newId } = await import(new URL("../../greenhouse/console/frontend/yields/drafts.js", import.meta.url));
const draft = (id, at, more = {}) => ({ id, at, name: "h1", fields: { kg: "12.5", day: "2026-11-26" }, ...more });

test("an id of a form is a random one of version 4", () => {
  assert.match(newId(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(newId(), newId());
  assert.equal(newId((bytes) => bytes.fill(255)), "ffffffff-ffff-4fff-bfff-ffffffffffff");
});

test("what is kept comes back the oldest first, once each, and goes when it is dropped", () => {
  kept.clear();
  const box = new DraftBox("7", null, {});
  box.keep(draft("b", 2));
  box.keep(draft("a", 1));
  box.keep(draft("a", 1));
  assert.deepEqual(box.all().map((one) => one.id), ["a", "b"]);
  box.drop("a");
  assert.deepEqual(box.all().map((one) => one.id), ["b"]);
});

test("what waits for its person is not sent by itself", () => {
  kept.clear();
  const box = new DraftBox("7", null, {});
  box.keep(draft("a", 1, { asks: "ten times the usual" }));
  box.keep(draft("b", 2));
  assert.deepEqual(box.waiting().map((one) => one.id), ["b"]);
  assert.equal(box.all().length, 2);
});

test("another person on the same device does not send them", () => {
  kept.clear();
  new DraftBox("7", null, {}).keep(draft("a", 1));
  assert.deepEqual(new DraftBox("8", null, {}).all(), []);
});

test("what is no draft is passed over", () => {
  kept.clear();
  kept.set("harvest-draft:x", "{broken");
  kept.set("harvest-draft:y", '{"id": 7}');
  kept.set("setpoint-draft:z", "1");
  assert.deepEqual(new DraftBox("7", null, {}).all(), []);
});

test("a browser that keeps nothing keeps drafts as long as the page is open", () => {
  kept.clear();
  const store = globalThis.localStorage;
  globalThis.localStorage = undefined;
  const box = new DraftBox("7", null, {});
  box.keep(draft("a", 1));
  assert.deepEqual(box.waiting().map((one) => one.id), ["a"]);
  box.drop("a");
  assert.deepEqual(box.all(), []);
  globalThis.localStorage = store;
});
