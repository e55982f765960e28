// The last hour of a value and, on the same scale, where it stands against its band now.
//
// The scale hangs on the band, so the band has the same place in every house: what stands outside is seen at a glance.

import { formatNumber } from "../values/numbers.js";
import { word } from "../values/words.js";

const HEIGHT = 46;
const EDGE = 6;
const RAIL_WIDTH = 8;
const LEAST_TREND = 24;
const USUAL_WIDTH = 120; // where the page is not laid out yet

const NS = "http://www.w3.org/2000/svg";

// Asking for a width while drawing would have the browser lay the page out once for each instrument.
const widths = new WeakMap();
const resized =
  globalThis.ResizeObserver &&
  new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) widths.set(target, contentRect.width);
  });

function widthOf(svg) {
  if (!widths.has(svg)) {
    widths.set(svg, svg.clientWidth);
    resized?.observe(svg);
  }
  return widths.get(svg) || USUAL_WIDTH;
}

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

/** The trend as a path of this width; a missing value is a gap, not a line across. */
export function pathOf(values, scale, width) {
  let path = "";
  let drawing = false;
  values.forEach((value, index) => {
    if (value === null || value === undefined) {
      drawing = false;
      return;
    }
    const x = ((index + 0.5) / values.length) * width;
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
  const width = widthOf(svg);
  const rail = width - RAIL_WIDTH - 6;
  const trendEnd = rail - 8;
  const hasTrend = trendEnd >= LEAST_TREND;
  const parts = [];
  if (hasTrend && hasBand) parts.push(rect("band", 0, bandTop, trendEnd, bandBottom - bandTop));
  if (hasTrend) parts.push(shape("path", { class: "trend", d: pathOf(now.values, scale, trendEnd) }));
  parts.push(rect("gauge", rail, 0.5, RAIL_WIDTH, HEIGHT - 1, 4));
  if (hasBand) parts.push(rect("gauge-band", rail + 1, bandTop, RAIL_WIDTH - 2, bandBottom - bandTop));
  for (const limit of [now.low, now.high]) if (limit !== null) parts.push(tick(rail, heightOf(limit, scale)));
  if (now.value !== null) parts.push(pointer(rail + RAIL_WIDTH / 2, heightOf(now.value, scale), kind === "target" || inside));
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
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

function pointer(x, y, inside) {
  if (inside) return shape("circle", { class: "pointer", cx: x, cy: y, r: 5, "data-inside": true });
  return shape("path", { class: "pointer", d: `M${x} ${y - 6}l6 6-6 6-6-6z`, "data-inside": false });
}

function tick(rail, y) {
  return shape("path", { class: "tick", d: `M${rail - 3} ${y.toFixed(1)}h${RAIL_WIDTH + 6}` });
}

function rect(name, x, y, width, height, radius = 0) {
  return shape("rect", { class: name, x, y: y.toFixed(1), width, height: Math.max(0, height).toFixed(1), rx: radius });
}

function shape(name, attributes) {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
