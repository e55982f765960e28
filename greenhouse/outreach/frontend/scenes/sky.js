// Sky, sun and stars above a scene, as they stand now.

import { baseNowMs } from "../clock.js";
import { part, set, shareOfDay } from "./svg.js";

const TWILIGHT = 0.06;

export function phaseOf(share) {
  if (share === null || share < -TWILIGHT || share > 1 + TWILIGHT) {
    return "night";
  }
  return share < TWILIGHT || share > 1 - TWILIGHT ? "twilight" : "day";
}

// Where the sun stands on its bow: left at sunrise, high at noon, right at sunset.
export function sunOnBow(share, { left, right, horizon, top }) {
  const height = Math.sin(Math.PI * Math.min(1, Math.max(0, share)));
  return { x: left + (right - left) * share, y: horizon - (horizon - top) * height };
}

export function drawSky(root, data) {
  for (const sky of root.querySelectorAll("[data-sky]")) {
    const share = shareOfDay(data, baseNowMs());
    set(sky, { "data-phase": phaseOf(share) });
    const sun = part(sky, "sun");
    if (sun && share !== null) {
      const box = sky.dataset.sky.split(" ").map(Number);
      const { x, y } = sunOnBow(share, { left: box[0], right: box[1], horizon: box[2], top: box[3] });
      set(sun, { transform: `translate(${x.toFixed(0)} ${y.toFixed(0)})` });
    }
  }
}
