// An entry that could not be sent stays on this device until somebody takes it up or drops it. Nothing sends it by itself.

import { formatWhen } from "../live/clock.js";

const PREFIX = "setpoint-draft:";

export function keepDraft(point, value) {
  if (!point || !value) return;
  try {
    localStorage.setItem(PREFIX + point, JSON.stringify({ value, at: Date.now() }));
  } catch {
    // A browser that keeps nothing keeps no drafts.
  }
}

export function forgetDraft(point) {
  try {
    localStorage.removeItem(PREFIX + point);
  } catch {
    // As above.
  }
}

function draftOf(point) {
  try {
    const draft = JSON.parse(localStorage.getItem(PREFIX + point));
    return draft && typeof draft.value === "string" && Number.isFinite(draft.at) ? draft : null;
  } catch {
    return null;
  }
}

/** Offer what was kept, and keep what is typed while there is no link. */
export function wireDraft(form, input) {
  const offer = form.querySelector("[data-draft]");
  const point = form.closest("[data-sheet-point]")?.dataset.sheetPoint;
  if (!offer || !point) return;
  const draft = draftOf(point);
  if (draft && draft.value !== input.value) {
    offer.querySelector("[data-draft-value]").textContent = draft.value;
    offer.querySelector("[data-draft-time]").textContent = formatWhen(draft.at, Date.now());
    offer.hidden = false;
  }
  const done = () => {
    forgetDraft(point);
    offer.hidden = true;
  };
  offer.querySelector("[data-draft-drop]").addEventListener("click", done);
  offer.querySelector("[data-draft-take]").addEventListener("click", () => {
    const { value } = draft;
    done();
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  });
  input.addEventListener("input", () => {
    if (document.documentElement.dataset.link !== "linked") keepDraft(point, input.value);
  });
}
