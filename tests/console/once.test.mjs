// Forms that the browser sends itself, with a page that is only as much of one as they ask of it. Run by
// test_frontend.py under node's test runner.

import assert from "node:assert/strict";
import { test } from "node:test";

const page = new EventTarget();
const frame = new EventTarget();
globalThis.document = page;
globalThis.window = frame;

const { sendOnce } = await import(new URL("../../greenhouse/console/frontend/page/once.js", import.meta.url));
sendOnce();

function submit(form) {
  const event = new Event("submit", { cancelable: true });
  Object.defineProperty(event, "target", { value: form });
  page.dispatchEvent(event);
  return !event.defaultPrevented;
}

test("a second tap on a form that is on its way sends nothing", () => {
  const [note, other] = [{ method: "post" }, { method: "post" }];
  assert.deepEqual([submit(note), submit(note), submit(other)], [true, false, true]);
});

test("after a while without an answer a form may be sent again", (t) => {
  const form = { method: "post" };
  let now = 1000;
  t.mock.method(performance, "now", () => now);
  assert.equal(submit(form), true);
  now += 5000;
  assert.equal(submit(form), false);
  now += 10000;
  assert.equal(submit(form), true);
});

test("a page that is come back to has forms that were not sent", () => {
  const form = { method: "post" };
  submit(form);
  frame.dispatchEvent(new Event("pageshow"));
  assert.equal(submit(form), true);
});

test("what only asks may be asked again at once", () => {
  const form = { method: "get" };
  assert.deepEqual([submit(form), submit(form)], [true, true]);
});
