// One panel of a chart: curves of one quantity on one axis, or states in lanes. All panels share the time axis.

import uPlot from "uplot";

import { formatNumber } from "../values/numbers.js";
import { bucketAt } from "./columns.js";
import { token } from "./looks.js";
import { drawBetween, drawDamage, drawMarks, drawNames, drawNights, drawRange } from "./shades.js";
import { axisLabels } from "./times.js";

const HALF_A_TIME = 20; // px, so that the last time on the axis is not cut off
const MARK_ROW = 20;
const AXIS_HEIGHT = 30;
const LANE = 46;
const LANE_NAME = 16;
const MOST_WITH_RANGE = 4;
const MOST_WITH_NAMES = 4;
const AXIS_WIDTH = 52;
const BUSY_RANGES = 60; // from bottom to top of the panel, so many times

/**
 * Draw a panel into an element.
 *
 * @param {HTMLElement} into
 * @param {object} view What is drawn: data, times, curves, others (compared with), looks, names, zone.
 * @param {{kind: string, members: number[]}} panel
 * @param {object} place height, width, isFirst (marks above), isLast (times below), on (what happens at the cursor).
 */
export function drawPanel(into, view, panel, place) {
  const height = (panel.kind === "lanes" ? panel.members.length * LANE : place.height) + (place.isFirst ? MARK_ROW : 8) + (place.isLast ? AXIS_HEIGHT : 8);
  const options = {
    width: place.width,
    height,
    ms: 1,
    tzDate: (ms) => uPlot.tzDate(new Date(ms), view.data.zone),
    legend: { show: false },
    padding: [place.isFirst ? MARK_ROW : 8, HALF_A_TIME, place.isLast ? 0 : 8, 0],
    cursor: { sync: { key: place.syncKey, scales: ["x", null] }, y: false, points: { size: 7 }, drag: { x: true, y: false, setScale: false } },
    scales: { x: { time: true, range: () => [view.data.start, view.data.start + view.data.count * view.data.step] }, y: scaleY(panel, view) },
    axes: [axisX(view, place), panel.kind === "lanes" ? laneAxis() : axisY(panel, view)],
    series: [{}, ...panel.members.flatMap((i) => seriesOf(view, i, panel))],
    hooks: {
      drawClear: [(u) => behind(u, view, panel)],
      draw: [(u) => before(u, view, panel, place)],
      setCursor: [(u) => place.on.cursor(u)],
      setSelect: [(u) => place.on.select(u)],
    },
  };
  return new uPlot(options, dataOf(view, panel), into);
}

/** The numbers of a panel in the order of its series. */
export function dataOf(view, panel) {
  const columns = panel.members.flatMap((i) => (view.others[i] ? [view.others[i].mean, view.curves[i].mean] : [view.curves[i].mean]));
  return [view.times, ...columns];
}

function seriesOf(view, i, panel) {
  const { role } = view.data.series[i];
  const { color, dash, width } = view.looks[i];
  const stroke = () => token(color);
  const weight = Number.parseFloat(token("--stroke")) > 2 ? 3 : width;
  const busy = role !== "setpoint" && isBusy(view.curves[i].mean);
  const own = { scale: "y", spanGaps: false, stroke, width: weight, dash: busy ? [] : dash, points: { show: () => false, filter: isolated, size: 5, fill: stroke } };
  if (panel.kind === "lanes") Object.assign(own, { paths: () => null, points: { show: false } });
  if (role === "setpoint") own.paths = uPlot.paths.stepped({ align: 1 });
  if (role === "direction") Object.assign(own, { paths: () => null, points: { show: true, size: 3, fill: stroke } });
  if (!view.others[i]) return [own];
  return [{ ...own, width: Math.max(1, weight - 0.5), dash: busy ? [] : [9, 5], alpha: busy ? 0.5 : 0.75, points: { show: false } }, own];
}

/** Whether a curve goes up and down so often that dashes in it could not be seen; drawing them takes a second then. */
function isBusy(values) {
  const known = values.filter((value) => value !== null);
  const range = Math.max(...known) - Math.min(...known);
  let way = 0;
  for (let i = 1; i < known.length; i += 1) way += Math.abs(known[i] - known[i - 1]);
  return way > BUSY_RANGES * range;
}

/** Points are drawn where a line has none to lead to: a value alone between two gaps. */
function isolated(u, seriesIndex) {
  const values = u.data[seriesIndex];
  const alone = [];
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null) alone.push(i);
  }
  return alone.length ? alone : null;
}

function scaleY(panel, view) {
  if (panel.kind === "lanes") return { range: [0, panel.members.length] };
  if (view.data.series[panel.members[0]].role === "direction") return { range: [0, 360] };
  return { range: () => rangeOf(panel, view) };
}

/** Lowest and highest value of all that is drawn, with room around; a flat curve gets a few steps of its display. */
function rangeOf(panel, view) {
  let [low, high] = [Infinity, -Infinity];
  const showsRange = panel.members.length <= MOST_WITH_RANGE;
  for (const i of panel.members) {
    for (const curve of [view.curves[i], view.others[i]]) {
      if (!curve) continue;
      const [lows, highs] = showsRange && curve === view.curves[i] ? [curve.low, curve.high] : [curve.mean, curve.mean];
      for (const value of lows) if (value !== null && value < low) low = value;
      for (const value of highs) if (value !== null && value > high) high = value;
    }
  }
  if (low > high) return [0, 1];
  const least = 8 * view.data.series[panel.members[0]].resolution;
  const room = Math.max((high - low) * 0.08, (least - (high - low)) / 2, 0);
  return [low >= 0 && low - room < 0 ? 0 : low - room, high + room];
}

function axisX(view, place) {
  const quiet = { stroke: () => token("--ink-2"), grid: { stroke: () => token("--hair"), width: 1 }, ticks: { show: false } };
  if (!place.isLast) return { ...quiet, size: 0, values: (u, splits) => splits.map(() => "") };
  const values = (u, splits, axis, space, increment) => axisLabels(splits, view.data.zone, increment);
  return { ...quiet, size: AXIS_HEIGHT, font: font(), space: 64, values };
}

function axisY(panel, view) {
  const first = view.data.series[panel.members[0]];
  const values = (u, splits) => splits.map((value) => formatNumber(value, { resolution: 10 ** -decimalsOf(splits), decimals: decimalsOf(splits) }));
  const own = { size: AXIS_WIDTH, font: font(), stroke: () => token("--ink-2"), grid: { stroke: () => token("--hair"), width: 1 }, ticks: { show: false }, space: 34, values };
  if (first.role === "direction") own.splits = () => [0, 90, 180, 270, 360];
  return own;
}

/** As many decimals as the steps of the axis have: 2.5 has one. */
function decimalsOf(splits) {
  const step = splits.length > 1 ? Math.abs(splits[1] - splits[0]) : 1;
  return [0, 1, 2].find((decimals) => Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) < 1e-6) ?? 3;
}

function laneAxis() {
  return { size: AXIS_WIDTH, values: (u, splits) => splits.map(() => ""), grid: { show: false }, ticks: { show: false } };
}

function font() {
  return `12px ${getComputedStyle(document.documentElement).fontFamily}`;
}

function behind(u, view, panel) {
  drawNights(u, view.data.sun);
  if (panel.kind === "lanes") return;
  const keys = view.data.series.map((s) => s.key);
  for (const i of panel.members.length <= MOST_WITH_NAMES ? panel.members : []) {
    const upper = keys.indexOf(view.data.series[i].until);
    if (upper >= 0 && panel.members.includes(upper)) drawBetween(u, view.curves[i].mean, view.curves[upper].mean);
  }
  if (panel.members.length > MOST_WITH_RANGE) return;
  for (const i of panel.members) drawRange(u, view.curves[i], token(view.looks[i].color), view.data.step / 2);
}

function before(u, view, panel, place) {
  const keys = new Set(panel.members.map((i) => view.data.series[i].key));
  drawDamage(u, view.data.unreadable.filter((span) => keys.has(span.point)));
  if (panel.kind === "lanes") drawLanes(u, view, panel);
  else if (panel.members.length > 1 && panel.members.length <= MOST_WITH_NAMES) drawNames(u, namedOf(view, panel));
  if (place.isFirst) drawMarks(u, view.data.marks, view.chosenMark);
  else drawMarks(u, [], null);
}

function namedOf(view, panel) {
  return panel.members.map((i) => ({ name: view.names[i], color: token(view.looks[i].color), values: view.curves[i].mean }));
}

/** States as bars under their names: filled for each number but 0, with its word where there is room. */
function drawLanes(u, view, panel) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  const edge = (ms) => Math.min(bbox.left + bbox.width, Math.max(bbox.left, u.valToPos(ms, "x", true)));
  ctx.save();
  ctx.font = `${12 * ratio}px ${getComputedStyle(document.documentElement).fontFamily}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  panel.members.forEach((i, lane) => {
    const top = bbox.top + (lane * bbox.height) / panel.members.length;
    const height = bbox.height / panel.members.length - (LANE_NAME + 6) * ratio;
    ctx.fillStyle = token("--ink-2");
    ctx.fillText(view.names[i], bbox.left + 2 * ratio, top + (LANE_NAME * ratio) / 2);
    eachState(view.curves[i].mean, (first, last, value) => {
      const from = edge(view.times[first] - view.data.step / 2);
      const until = edge(view.times[last] + view.data.step / 2);
      const name = view.data.series[i].states[String(value)] ?? String(value);
      const middle = top + LANE_NAME * ratio + height / 2;
      ctx.fillStyle = token(value === 0 ? "--sunk" : "--lane");
      ctx.fillRect(from, middle - height / 2, Math.max(1, until - from), height);
      ctx.fillStyle = token("--ink");
      ctx.fillRect(from, middle - height / 2, ratio, height);
      if (ctx.measureText(name).width < until - from - 10 * ratio) ctx.fillText(name, from + 5 * ratio, middle);
    });
  });
  ctx.restore();
}

function eachState(values, paint) {
  let first = 0;
  for (let i = 1; i <= values.length; i += 1) {
    if (i < values.length && values[i] === values[first]) continue;
    if (values[first] !== null && values[first] !== undefined) paint(first, i - 1, values[first]);
    first = i;
  }
}

/** Position of the bucket under the cursor; null where the cursor is not on the chart. */
export function cursorBucket(u, data) {
  if (u.cursor.left === null || u.cursor.left < 0) return null;
  return bucketAt(data, u.posToVal(u.cursor.left, "x"));
}
