// The entry of a setpoint: steppers that repeat while held, a keypad, and a value that stops at its limits.

import { wireDraft } from "./draft.js";
import { wireHold } from "./hold_button.js";
import { formatNumber, parseNumber } from "../values/numbers.js";

const REPEAT_AFTER_MS = 600;
const REPEAT_MS = [220, 160, 110, 80];
const MOST_DIGITS = 8;

export function wireEntry(root) {
  for (const stepper of root.querySelectorAll(".stepper")) wireStepper(stepper);
  for (const button of root.querySelectorAll("[data-hold]")) wireHold(button);
  for (const button of root.querySelectorAll("[data-choose-all]")) wireChooseAll(button);
}

function wireStepper(stepper) {
  const input = stepper.querySelector("input");
  const { step, low, high, resolution, decimals } = Object.fromEntries(
    Object.entries(input.dataset).map(([key, value]) => [key, Number(value)]),
  );
  const form = stepper.closest("form");
  const limitNote = form.querySelector("[data-limit-note]");
  const noteAt = (value) => {
    const side = value <= low ? "low" : value >= high ? "high" : "";
    limitNote.textContent = side ? limitNote.dataset[side] : "";
  };
  const set = (value) => {
    input.value = formatNumber(value, { resolution, decimals });
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const move = (direction) => {
    const now = parseNumber(input.value);
    const before = parseNumber(input.defaultValue); // NaN where nothing is known to be in force
    const start = [now, before, low].find((value) => !Number.isNaN(value));
    set(Math.min(high, Math.max(low, start + direction * step)));
  };
  for (const button of stepper.querySelectorAll("[data-step]")) wireRepeat(button, () => move(Number(button.dataset.step)));
  input.addEventListener("input", () => noteAt(parseNumber(input.value)));
  input.addEventListener("focus", () => input.select());
  input.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    move(event.key === "ArrowUp" ? 1 : -1);
  });
  wireKeypad(form, input, { low, high, decimals, stopAt: noteAt });
  wireDraft(form, input);
}

/** Keys for gloves. A key that would take the value past a limit does nothing, and the limit is named. */
function wireKeypad(form, input, { low, high, decimals, stopAt }) {
  const pad = form.querySelector("[data-keypad]");
  const button = form.querySelector("[data-keypad-switch]");
  if (!pad || !button) return;
  button.hidden = false;
  let isFresh = true; // the first digit begins a new number, as on every calculator
  button.addEventListener("click", () => {
    pad.hidden = !pad.hidden;
    button.setAttribute("aria-expanded", String(!pad.hidden));
    if (pad.hidden) input.removeAttribute("inputmode");
    else input.setAttribute("inputmode", "none"); // two keyboards on one screen are one too many
    isFresh = true;
  });
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (!key) return;
    const before = isFresh ? "" : input.value.replace("\u2212", "-");
    const text = afterKey(isFresh && key === "back" ? input.value.replace("\u2212", "-") : before, key, decimals);
    if (text === null) return;
    const value = parseNumber(text);
    if (value > high || value < Math.min(low, 0)) return stopAt(value);
    isFresh = false;
    input.value = text.replace("-", "\u2212");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

/** The text after a key, or null where the key means nothing. */
export function afterKey(text, key, decimals) {
  if (key === "clear") return "";
  if (key === "back") return text.slice(0, -1);
  if (key === "-") return text.startsWith("-") ? text.slice(1) : `-${text}`;
  const [, fraction] = text.split(".");
  if (key === ".") return decimals && fraction === undefined ? `${text || "0"}.` : null;
  if (fraction !== undefined && fraction.length >= decimals) return null;
  return text.length >= MOST_DIGITS ? null : `${text}${key}`;
}

function wireRepeat(button, act) {
  let timer = 0;
  const stop = () => clearTimeout(timer);
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    act();
    let count = 0;
    const again = () => {
      if (!button.isConnected || button.disabled) return; // the form has gone from under the finger
      act();
      timer = setTimeout(again, REPEAT_MS[Math.min(REPEAT_MS.length - 1, Math.floor(count++ / 4))]);
    };
    timer = setTimeout(again, REPEAT_AFTER_MS);
  });
  for (const name of ["pointerup", "pointerleave", "pointercancel", "blur"]) button.addEventListener(name, stop);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("click", (event) => event.detail === 0 && act()); // by keyboard
}

function wireChooseAll(button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const boxes = [...button.closest("details").querySelectorAll("input[name=also]")];
    const isToBeChosen = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = isToBeChosen;
  });
}
