// The forms of programs, and of a run by hand: keys that step a number, and a draft that stays on this device while there
// is no link.

import { formatWhen } from "../live/clock.js";
import { parseNumber } from "../values/numbers.js";

const PREFIX = "program-draft:";
const NOT_KEPT = new Set(["csrfmiddlewaretoken", "step"]);

export function wirePrograms(root) {
  for (const place of root.querySelectorAll("[data-nudge]")) wireNudge(place);
  const form = root.querySelector("[data-program-form]");
  if (form) wireDraft(form);
  else forgetSaved(root);
}

function wireNudge(place) {
  const input = place.querySelector("input");
  const step = Number(place.dataset.nudge);
  for (const button of place.querySelectorAll("[data-nudge-by]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const now = parseNumber(input.value);
      if (Number.isNaN(now)) return;
      input.value = nudged(now, Number(button.dataset.nudgeBy) * step);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

/** One step on, as text: on the grid of the step, with no more decimals than that needs. */
export function nudged(value, by) {
  const step = Math.abs(by);
  const next = by > 0 ? Math.floor(value / step + 1e-9) + 1 : Math.ceil(value / step - 1e-9) - 1;
  return String(Math.round(next * step * 100) / 100);
}

const keyOf = (form) => PREFIX + form.dataset.programForm;

/** Offer what was kept, and keep what is typed while there is no link. Nothing is ever sent by itself. */
function wireDraft(form) {
  const offer = form.querySelector("[data-program-draft]");
  const draft = keptDraft(keyOf(form));
  const isTyped = "typed" in form.dataset;
  if (draft?.isTaken && isTyped) forget(keyOf(form));
  if (draft && !isTyped && differs(form, draft.fields)) {
    offer.querySelector("[data-draft-time]").textContent = formatWhen(draft.at, Date.now());
    offer.hidden = false;
  }
  const drop = () => {
    forget(keyOf(form));
    offer.hidden = true;
  };
  offer.querySelector("[data-draft-drop]").addEventListener("click", drop);
  offer.querySelector("[data-draft-take]").addEventListener("click", () => takeUp(form, draft));
  form.addEventListener("input", () => {
    if (document.documentElement.dataset.link !== "linked") keep(form);
  });
}

/**
 * The server makes the form of what was typed: it may have more or fewer periods than this one. The draft is kept until
 * that form has come.
 */
function takeUp(form, draft) {
  const sender = document.createElement("form");
  sender.method = "post";
  sender.action = form.action;
  const add = (name, value) => {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    sender.append(input);
  };
  add("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  add("step", "edit");
  for (const [name, value] of draft.fields) add(name, value);
  document.body.append(sender);
  store(keyOf(form), { ...draft, isTaken: true });
  sender.submit();
}

function fieldsOf(form) {
  return [...new FormData(form)].filter(([name, value]) => !NOT_KEPT.has(name) && typeof value === "string");
}

function differs(form, fields) {
  return JSON.stringify(fieldsOf(form)) !== JSON.stringify(fields);
}

function keep(form) {
  store(keyOf(form), { fields: fieldsOf(form), at: Date.now() });
}

function store(key, draft) {
  try {
    localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // A browser that keeps nothing keeps no drafts.
  }
}

function keptDraft(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    return draft && Array.isArray(draft.fields) && Number.isFinite(draft.at) ? draft : null;
  } catch {
    return null;
  }
}

function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // As above.
  }
}

/** What is being reviewed is on its way to the server: the draft has done its work. */
function forgetSaved(root) {
  const review = root.querySelector("[data-program-review]");
  if (review) forget(PREFIX + review.dataset.programReview);
}
