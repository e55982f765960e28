// The dialog of a setpoint and the button that is held, with a page that is only as much of one as they ask of it. Run
// by test_frontend.py under node's test runner.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

const SCRIPTS = new URL("../../greenhouse/console/frontend/", import.meta.url);

const page = new EventTarget();
const kept = new Map();
let places = [];

globalThis.document = Object.assign(page, {
  getElementById: () => null,
  documentElement: { dataset: {}, lang: "en" },
  querySelectorAll: () => [],
});
globalThis.window = { innerWidth: 390 };
globalThis.location = { search: "", href: "http://base/", pathname: "/", assign: (address) => places.push(address) };
globalThis.history = { replaceState: () => {} };
globalThis.localStorage = { setItem: (key, text) => kept.set(key, text), getItem: (key) => kept.get(key) ?? null, removeItem: (key) => kept.delete(key) };
globalThis.FormData = class {
  constructor(form) {
    this.value = form.value;
  }
  get() {
    return this.value;
  }
};

const { Sheet } = await import(new URL("sheet/sheet.js", SCRIPTS));
const { wireHold } = await import(new URL("sheet/hold_button.js", SCRIPTS));

class Dialog extends EventTarget {
  open = false;
  dataset = {};
  innerHTML = "";
  shown = { "[data-sheet-point]": { dataset: { sheetPoint: "h1.heating" } } };
  showModal() {
    this.open = true;
  }
  close() {
    this.open = false;
    this.dispatchEvent(new Event("close"));
  }
  querySelector(selector) {
    return this.shown[selector] ?? null;
  }
  querySelectorAll = () => [];
  setAttribute() {}
  replaceChildren() {
    this.innerHTML = "";
  }
  contains = (part) => part.dialog === this;
}

let waiting = [];
globalThis.fetch = (address) => new Promise((resolve, reject) => waiting.push({ address, resolve, reject }));

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** The server answers the question for an address, whatever was asked after it. */
async function answer(address, html, url = `http://base${address}`) {
  const { resolve } = waiting.find((question) => question.address === address);
  waiting = waiting.filter((question) => question.address !== address);
  resolve({ url, text: async () => html });
  await settled();
}

async function fail(address) {
  waiting.find((question) => question.address === address).reject(new TypeError("no line"));
  await settled();
}

const html = (name) => `<div class="sheet-body">${name}</div>`;

let dialog;
let sheet;
let signedOut;

beforeEach(() => {
  [waiting, places] = [[], []];
  signedOut = 0;
  kept.clear();
  dialog = new Dialog();
  sheet = new Sheet(dialog, { onContent: () => {}, onSignedOut: () => (signedOut += 1) });
  sheet.start();
});

function form(value = "16.5") {
  const note = { hidden: true, removeAttribute: () => (note.hidden = false) };
  const buttons = [{ disabled: false }];
  const made = { dialog, value, action: "/points/h1.heating/set", dataset: {}, isConnected: true, note, buttons };
  return Object.assign(made, { closest: () => made, querySelectorAll: () => buttons, querySelector: () => note });
}

function submit(made) {
  const event = Object.assign(new Event("submit", { cancelable: true }), { submitter: null });
  Object.defineProperty(event, "target", { value: made });
  page.dispatchEvent(event);
}

test("a slow answer never takes the place of the sheet that was opened after it", async () => {
  sheet.open("/points/h1.heating/set", null);
  sheet.open("/points/h2.heating/set", null);
  await answer("/points/h2.heating/set", html("house 2"));
  await answer("/points/h1.heating/set", html("house 1"));
  assert.match(dialog.innerHTML, /house 2/);
});

test("the answer to what was sent never takes the place of another sheet", async () => {
  sheet.open("/points/h1.heating/set", null);
  await answer("/points/h1.heating/set", html("house 1"));
  submit(form());
  dialog.close();
  sheet.open("/points/h2.heating/set", null);
  await answer("/points/h2.heating/set", html("house 2"));
  await answer("/points/h1.heating/set", html("sent for house 1"));
  assert.match(dialog.innerHTML, /house 2/);
});

test("a sheet that was closed stays closed and empty", async () => {
  sheet.open("/points/h1.heating/set", null);
  dialog.close();
  await answer("/points/h1.heating/set", html("house 1"));
  assert.equal(dialog.innerHTML, "");
});

test("what was typed stays when the session has ended under it", async () => {
  sheet.open("/points/h1.heating/set", null);
  await answer("/points/h1.heating/set", html("house 1"));
  const made = form();
  submit(made);
  assert.equal(made.buttons[0].disabled, true);
  await answer("/points/h1.heating/set", "<form>", "http://base/login?next=/points/h1.heating/set");
  assert.deepEqual(places, []);
  assert.match(dialog.innerHTML, /house 1/);
  assert.equal(made.buttons[0].disabled, false);
  assert.equal(signedOut, 1);
});

test("an entry without an answer is kept, although its sheet was closed meanwhile", async () => {
  sheet.open("/points/h1.heating/set", null);
  await answer("/points/h1.heating/set", html("house 1"));
  submit(form());
  dialog.close();
  await fail("/points/h1.heating/set");
  assert.equal(JSON.parse(kept.get("setpoint-draft:h1.heating")).value, "16.5");
});

test("a form is marked while its answer is awaited, so that nothing lets it be sent again", async () => {
  const made = form();
  submit(made);
  assert.equal(made.dataset.sending, "");
  await fail("/points/h1.heating/set");
  assert.equal(made.dataset.sending, undefined);
  assert.equal(made.note.hidden, false);
});

test("a page without a dialog leaves its links to the browser", () => {
  const fresh = new EventTarget();
  const listen = page.addEventListener;
  page.addEventListener = fresh.addEventListener.bind(fresh);
  new Sheet(null, { onContent: () => {}, onSignedOut: () => {} }).start();
  page.addEventListener = listen;
  const link = { getAttribute: () => "/points/h1.heating/set" };
  const event = Object.assign(new Event("click", { cancelable: true }), { button: 0 });
  Object.defineProperty(event, "target", { value: { closest: () => link } });
  fresh.dispatchEvent(event);
  assert.equal(event.defaultPrevented, false);
});

class Button extends EventTarget {
  disabled = false;
  classList = { add: () => {}, remove: () => {} };
}

function held() {
  const back = new EventTarget();
  const send = new EventTarget();
  const confirm = { open: false, querySelector: (selector) => (selector.includes("send") ? send : back), close: () => {}, showModal: () => (confirm.open = true) };
  const button = new Button();
  const sent = [];
  button.form = {
    elements: { held: { value: "" } },
    querySelector: () => confirm,
    reportValidity: () => true,
    requestSubmit: () => sent.push(button.form.elements.held.value),
  };
  wireHold(button);
  const press = (name, more = {}) => {
    const event = Object.assign(new Event(name, { cancelable: true }), { button: 0, ...more });
    Object.defineProperty(event, "detail", { value: more.detail ?? 1 });
    button.dispatchEvent(event);
    return event;
  };
  return { button, press, sent };
}

test("after a held send that had no answer a mere tap sends nothing", (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ["setTimeout"] });
  const { press, sent } = held();
  press("pointerdown");
  mock.timers.tick(1600);
  assert.deepEqual(sent, ["1"]);
  press("pointerup");
  assert.equal(press("click").defaultPrevented, true);
  press("pointerdown");
  mock.timers.tick(400);
  press("pointerup");
  assert.equal(press("click").defaultPrevented, true);
  assert.deepEqual(sent, ["1"]);
});

test("a hold that outlives the link sends nothing", (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ["setTimeout"] });
  const { button, press, sent } = held();
  press("pointerdown");
  mock.timers.tick(800);
  button.disabled = true;
  mock.timers.tick(800);
  assert.deepEqual(sent, []);
});
