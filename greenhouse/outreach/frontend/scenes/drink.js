// One plant and the bottles of water that it was given today.

import { standing, usable } from "../values.js";
import { part, set } from "./svg.js";

const BOTTLE_L = 0.5;
const BOTTLE_HEIGHT = 300;
const BRIGHT_W_M2 = 200;
const DARK_W_M2 = 10;

export function drawDrink(root, data) {
  const scene = root.querySelector('[data-scene="drink"]');
  if (!scene) {
    return;
  }
  const drunk = data.values.drunk;
  const liters = standing(drunk) === "none" ? 0 : drunk.v;
  const sunlight = usable(data, "sunlight");
  const speed = sunlight === null ? "unknown" : sunlight >= BRIGHT_W_M2 ? "fast" : sunlight >= DARK_W_M2 ? "slow" : "hardly";
  set(scene, { "data-drinking": speed, "data-watered": liters > 0, "data-known": standing(drunk) !== "none" });
  scene.querySelectorAll("[data-water]").forEach((water, number) => {
    const share = Math.min(1, Math.max(0, liters / BOTTLE_L - number));
    const height = Math.round(BOTTLE_HEIGHT * share);
    set(water, { y: 520 - height, height });
  });
  set(part(scene, "more"), { visibility: liters > 4 * BOTTLE_L ? "visible" : "hidden" });
}
