// A solar greenhouse cut from north to south: sun, wall, blanket, vents and pipes as they are now.

import { baseNowMs } from "../clock.js";
import { usable } from "../values.js";
import { phaseOf } from "./sky.js";
import { part, set, shareOfDay } from "./svg.js";

const SUNNY_W_M2 = 100;
const PIPE_ABOVE_AIR_K = 8;
const NOON_DEG = 58;
// Right of the house at sunrise and sunset with its whole disk, above it at noon.
const BOW = { x: 480, y: 540, width: 630, height: 560 };
const TARGETS = [
  [262, 400],
  [430, 536],
  [640, 536],
];

export function drawWarm(root, data) {
  const scene = root.querySelector('[data-scene="warm"]');
  if (!scene) {
    return;
  }
  const share = shareOfDay(data, baseNowMs());
  const sunlight = usable(data, "sunlight");
  const rolled = usable(data, "blanket_rolled_up");
  const inside = usable(data, "air_temperature");
  const outside = usable(data, "outside_temperature");
  const pipe = usable(data, "pipe_temperature");
  const covered = rolled === null ? 0 : 100 - rolled;
  const sunny = sunlight !== null && sunlight >= SUNNY_W_M2 && covered <= 50;
  const warmer = inside !== null && outside !== null && inside - outside >= 2;
  set(scene, {
    "data-phase": phaseOf(share),
    "data-sunny": sunny,
    "data-storing": sunny && warmer,
    "data-giving": !sunny && warmer,
    "data-heated": pipe !== null && inside !== null && pipe - inside >= PIPE_ABOVE_AIR_K,
    "data-blanket": rolled === null ? "unknown" : "known",
  });
  drawSun(scene, share);
  drawBlanket(scene, covered);
  drawVents(scene, usable(data, "vents_open"));
}

function drawSun(scene, share) {
  const height = share === null ? 0 : Math.sin(Math.PI * Math.min(1, Math.max(0, share)));
  const angle = (height * NOON_DEG * Math.PI) / 180;
  const x = Math.round(BOW.x + BOW.width * Math.cos(angle));
  const y = Math.round(BOW.y - BOW.height * Math.sin(angle));
  set(part(scene, "sun"), { transform: `translate(${x} ${y})` });
  scene.querySelectorAll("[data-ray]").forEach((ray, number) => {
    const [toX, toY] = TARGETS[number];
    set(ray, { x1: x, y1: y, x2: toX, y2: toY });
  });
}

function drawBlanket(scene, covered) {
  const blanket = part(scene, "blanket");
  set(blanket, { "stroke-dasharray": `${covered.toFixed(0)} 200` });
  const at = blanket.getPointAtLength((blanket.getTotalLength() * covered) / 100);
  const radius = 14 + 0.2 * (100 - covered);
  set(part(scene, "roll"), { cx: at.x.toFixed(0), cy: (at.y - radius / 2).toFixed(0), r: radius.toFixed(0) });
}

function drawVents(scene, open) {
  set(scene, { "data-vents": open === null ? "unknown" : "known" });
  const turn = Math.round(-0.5 * open);
  set(part(scene, "roof-vent"), { transform: `rotate(${turn} 400 150)` });
  set(part(scene, "bottom-vent"), { transform: `rotate(${turn} 926 442)` });
}
