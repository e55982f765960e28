// The entry of a setpoint, with a page that is only as much of one as it asks of it. Run by test_frontend.py under node's
// test runner.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

globalThis.document = { getElementById: () => null, documentElement: { dataset: {}, lang: "en" } };

const { wireEntry } = await import(new URL("../../greenhouse/console/frontend/sheet/entry.js", import.meta.url));

function stepper(value, { low = "-10", high = "35" } = {}) {
  const note = { textContent: "", dataset: { low: "lowest", high: "highest" } };
  const form = { querySelector: (selector) => (selector === "[data-limit-note]" ? note : null), closest: () => null };
  const input = Object.assign(new EventTarget(), {
    value,
    defaultValue: value,
    dataset: { step: "0.5", low, high, resolution: "0.1", decimals: "1" },
  });
  const buttons = [-1, 1].map((step) => Object.assign(new EventTarget(), { dataset: { step: String(step) }, isConnected: true, disabled: false }));
  const element = { querySelector: () => input, querySelectorAll: () => buttons, closest: () => form };
  wireEntry({ querySelectorAll: (selector) => (selector === ".stepper" ? [element] : []) });
  const press = (index) => buttons[index].dispatchEvent(Object.assign(new Event("pointerdown"), { button: 0 }));
  const release = (index) => buttons[index].dispatchEvent(new Event("pointerup"));
  return { input, buttons, press, release };
}

test("from an empty field a step goes on from what is in force, zero and frost too", () => {
  for (const [before, after] of [["0.0", "0.5"], ["-2.0", "\u22121.5"], ["16.0", "16.5"], ["", "\u22129.5"]]) {
    const { input, press, release } = stepper(before);
    input.value = "";
    press(1);
    release(1);
    assert.equal(input.value, after, `from ${before}`);
  }
});

test("a step that is held ends with the form under it", (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ["setTimeout"] });
  const { input, buttons, press } = stepper("0.0");
  press(1);
  mock.timers.tick(700);
  const reached = input.value;
  for (const button of buttons) button.isConnected = false;
  mock.timers.tick(10000);
  assert.equal(input.value, reached);
});
