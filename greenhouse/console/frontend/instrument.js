// The last hour of a value and, on the same scale, where it stands against its band now.
//
// The scale hangs on the band, so the band has the same place in every house: what stands outside is seen at a glance.

import { formatNumber } from "./numbers.js";
import { word } from "./words.js";

const WIDTH = 120;
const HEIGHT = 46;
const TREND_END = 98;
const RAIL = { left: 104, width: 8 };
const EDGE = 3;

const NS = "http://www.w3.org/2000/svg";

/**
 * Lowest and highest value of the scale.
 *
 * @param {{low: number|null, high: number|null, below: number, above: number, fallback: [number, number]}} band
 */
export function scaleOf({ low, high, below, above, fallback }) {
  if (low === null && high === null) return fallback;
  return [(low ?? high) - below, (high ?? low) + above];
}

/** Height of a value on the scale; values outside stay at the edge. */
export function heightOf(value, [bottom, top]) {
  const share = (value - bottom) / (top - bottom);
  const y = HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE);
  return Math.min(HEIGHT - EDGE, Math.max(EDGE, y));
}

/** The trend as a path; a missing value is a gap, not a line across. */
export function pathOf(values, scale) {
  let path = "";
  let drawing = false;
  values.forEach((value, index) => {
    if (value === null || value === undefined) {
      drawing = false;
      return;
    }
    const x = ((index + 0.5) / values.length) * TREND_END;
    path += `${drawing ? "L" : "M"}${x.toFixed(1)} ${heightOf(value, scale).toFixed(1)}`;
    drawing = true;
  });
  return path;
}

/**
 * @param {SVGElement} svg
 * @param {{values: (number|null)[], value: number|null, low: number|null, high: number|null, freshness: string}} now
 */
export function drawInstrument(svg, now) {
  const { kind, below, above, bottom, top } = svg.dataset;
  const band = { low: now.low, high: now.high, below: Number(below), above: Number(above), fallback: [Number(bottom), Number(top)] };
  const scale = scaleOf(band);
  const bandTop = heightOf(now.high ?? scale[1], scale);
  const bandBottom = heightOf(now.low ?? scale[0], scale);
  const hasBand = kind !== "target" && (now.low !== null || now.high !== null);
  const inside = now.value === null || ((now.low === null || now.value >= now.low) && (now.high === null || now.value <= now.high));
  const parts = [];
  if (hasBand) parts.push(rect("band", 0, bandTop, TREND_END, bandBottom - bandTop));
  parts.push(shape("path", { class: "trend", d: pathOf(now.values, scale) }));
  parts.push(rect("rail", RAIL.left, 0.5, RAIL.width, HEIGHT - 1, 4));
  if (hasBand) parts.push(rect("rail-band", RAIL.left + 1, bandTop, RAIL.width - 2, bandBottom - bandTop));
  for (const limit of [now.low, now.high]) if (limit !== null) parts.push(tick(heightOf(limit, scale)));
  if (now.value !== null) parts.push(pointer(heightOf(now.value, scale), kind === "target" || inside));
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.dataset.freshness = now.freshness;
  svg.replaceChildren(...parts);
  svg.setAttribute("aria-label", inWords(svg, now));
}

function inWords(svg, { values, low, high }) {
  const display = { resolution: Number(svg.dataset.resolution), decimals: Number(svg.dataset.decimals) };
  const known = values.filter((value) => value !== null && value !== undefined);
  const number = (value) => formatNumber(value, display);
  const parts = [svg.dataset.label];
  parts.push(known.length ? word("trend.range", { low: number(Math.min(...known)), high: number(Math.max(...known)) }) : word("trend.none"));
  if (low !== null && high !== null) parts.push(word("trend.band", { low: number(low), high: number(high) }));
  else if (low !== null || high !== null) parts.push(word("trend.setpoint", { value: number(low ?? high) }));
  return parts.join(word("list.comma"));
}

function pointer(y, inside) {
  const x = RAIL.left + RAIL.width / 2;
  if (inside) return shape("circle", { class: "pointer", cx: x, cy: y, r: 5, "data-inside": true });
  return shape("path", { class: "pointer", d: `M${x} ${y - 6}l6 6-6 6-6-6z`, "data-inside": false });
}

function tick(y) {
  return shape("path", { class: "tick", d: `M${RAIL.left - 2} ${y.toFixed(1)}h${RAIL.width + 4}` });
}

function rect(name, x, y, width, height, radius = 0) {
  return shape("rect", { class: name, x, y: y.toFixed(1), width, height: Math.max(0, height).toFixed(1), rx: radius });
}

function shape(name, attributes) {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
