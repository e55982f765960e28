// Ages and differences of the training page: they change with every frame and with every second.

import { formatDifference } from "../values/numbers.js";
import { ageInWords, word } from "../values/words.js";

/**
 * Draw all of them as they are now.
 *
 * @param {{state(point: string): object|undefined, freshness(point: string): string}} readings
 * @param {number} nowMs By the server's clock.
 */
export function drawDifferences(readings, nowMs) {
  for (const element of document.querySelectorAll("[data-age-of]")) {
    const at = readings.state(element.dataset.ageOf)?.at ?? null;
    write(element, at === null ? word("freshness.never") : ageInWords((nowMs - at) / 1000));
  }
  for (const element of document.querySelectorAll("[data-difference]")) {
    const shown = document.querySelector(`.reading[data-point="${element.dataset.reading}"]`);
    const [reading, truth] = [element.dataset.reading, element.dataset.truth].map((point) => valueOf(readings, point));
    const display = { resolution: Number(shown.dataset.resolution), decimals: Number(shown.dataset.decimals) };
    write(element.querySelector("b"), reading === null || truth === null ? "—" : formatDifference(reading - truth, display));
  }
}

/** The value of a point, if it is live and valid: values of two times have no difference. */
function valueOf(readings, point) {
  const state = readings.state(point);
  const isUsable = state && state.quality !== "bad" && readings.freshness(point) === "live";
  return isUsable ? state.value : null;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
