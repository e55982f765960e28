// What is painted behind and over the curves: nights, damaged spans, bands between setpoints, marks, names at the end.

import { faded, token } from "./looks.js";
import { spread } from "./columns.js";

const MARK_SIZE = 7;

/** Everything from sunset to sunrise, a little darker. */
export function drawNights(u, suns) {
  if (!suns.length) return;
  const { left, top, width, height } = u.bbox;
  const at = (ms) => Math.min(left + width, Math.max(left, u.valToPos(ms, "x", true)));
  u.ctx.save();
  u.ctx.fillStyle = token("--night-shade");
  let from = left;
  for (const [rise, set] of suns) {
    const until = at(rise);
    if (until > from) u.ctx.fillRect(from, top, until - from, height);
    from = Math.max(from, at(set));
  }
  if (from < left + width) u.ctx.fillRect(from, top, left + width - from, height);
  u.ctx.restore();
}

/** Spans whose samples are damaged: hatched, so that they are no ordinary gap. */
export function drawDamage(u, spans) {
  const { left, top, width, height } = u.bbox;
  for (const { start, end } of spans) {
    const from = Math.max(left, u.valToPos(start, "x", true));
    const until = Math.min(left + width, u.valToPos(end, "x", true));
    if (until <= from) continue;
    u.ctx.save();
    u.ctx.beginPath();
    u.ctx.rect(from, top, until - from, height);
    u.ctx.clip();
    u.ctx.strokeStyle = token("--line");
    u.ctx.lineWidth = devicePixelRatio;
    u.ctx.beginPath();
    for (let x = from - height; x < until; x += 10 * devicePixelRatio) {
      u.ctx.moveTo(x, top + height);
      u.ctx.lineTo(x + height, top);
    }
    u.ctx.stroke();
    u.ctx.restore();
  }
}

/** The area between two setpoints, where both are known. */
export function drawBetween(u, low, high) {
  const { ctx } = u;
  ctx.save();
  ctx.fillStyle = token("--band");
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  ctx.clip();
  eachRun(low, high, (first, last) => {
    const edge = (values, i) => [u.valToPos(u.data[0][i], "x", true), u.valToPos(values[i], "y", true)];
    ctx.beginPath();
    for (let i = first; i <= last; i += 1) ctx.lineTo(...edge(high, i));
    for (let i = last; i >= first; i -= 1) ctx.lineTo(...edge(low, i));
    ctx.fill();
  });
  ctx.restore();
}

/** Minimum to maximum of each bucket, in the faded color of its curve. */
export function drawRange(u, curve, color, halfStep) {
  if (curve.low === curve.mean && curve.high === curve.mean) return;
  const { ctx } = u;
  ctx.save();
  ctx.fillStyle = faded(color, 0.18);
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  ctx.clip();
  eachRun(curve.low, curve.high, (first, last) => {
    const x = (i) => u.valToPos(u.data[0][i], "x", true);
    const [begin, end] = [u.valToPos(u.data[0][first] - halfStep, "x", true), u.valToPos(u.data[0][last] + halfStep, "x", true)];
    const y = (values, i) => u.valToPos(values[i], "y", true);
    ctx.beginPath();
    ctx.moveTo(begin, y(curve.high, first));
    for (let i = first; i <= last; i += 1) ctx.lineTo(x(i), y(curve.high, i));
    ctx.lineTo(end, y(curve.high, last));
    ctx.lineTo(end, y(curve.low, last));
    for (let i = last; i >= first; i -= 1) ctx.lineTo(x(i), y(curve.low, i));
    ctx.lineTo(begin, y(curve.low, first));
    ctx.fill();
  });
  ctx.restore();
}

function eachRun(low, high, paint) {
  let first = -1;
  for (let i = 0; i <= low.length; i += 1) {
    const known = i < low.length && low[i] !== null && low[i] !== undefined && high[i] !== null && high[i] !== undefined;
    if (known && first < 0) first = i;
    if (!known && first >= 0) {
      paint(first, i - 1);
      first = -1;
    }
  }
}

/** Marks in a row above the curves, with a line down through them: alarms filled, changes as rings, notes as flags. */
export function drawMarks(u, marks, chosen) {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  const ratio = devicePixelRatio;
  const size = MARK_SIZE * ratio;
  const y = top - size - 3 * ratio;
  ctx.save();
  for (const mark of marks) {
    const x = u.valToPos(mark.at, "x", true);
    if (mark.until !== null && mark.kind === "note") drawSpan(u, mark, y);
    if (x < left - 1 || x > left + width + 1) continue;
    ctx.strokeStyle = token(mark === chosen ? "--ink" : "--line");
    ctx.lineWidth = ratio * (mark === chosen ? 2 : 1);
    ctx.setLineDash(mark === chosen ? [] : [2 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    ctx.setLineDash([]);
    drawSign(ctx, mark, x, y, size);
  }
  ctx.restore();
}

function drawSpan(u, mark, y) {
  const { left, width, top, height } = u.bbox;
  const from = Math.max(left, u.valToPos(mark.at, "x", true));
  const until = Math.min(left + width, u.valToPos(mark.until, "x", true));
  if (until <= from) return;
  u.ctx.fillStyle = faded(token("--ink"), 0.06);
  u.ctx.fillRect(from, top, until - from, height);
  u.ctx.fillStyle = token("--ink-2");
  u.ctx.fillRect(from, y + MARK_SIZE * devicePixelRatio, until - from, 2 * devicePixelRatio);
}

const OUTLINES = {
  1: [[-0.4, -1], [0.4, -1], [1, -0.4], [1, 0.4], [0.4, 1], [-0.4, 1], [-1, 0.4], [-1, -0.4]],
  2: [[0, -1], [1.1, 0.9], [-1.1, 0.9]],
  3: [[0, -1.15], [1.15, 0], [0, 1.15], [-1.15, 0]],
};

function drawSign(ctx, mark, x, y, size) {
  ctx.beginPath();
  if (mark.kind === "alarm" && OUTLINES[mark.sign]) {
    for (const [dx, dy] of OUTLINES[mark.sign]) ctx.lineTo(x + dx * size, y + dy * size);
    ctx.closePath();
    ctx.fillStyle = token(`--p${mark.sign}`);
  } else if (mark.kind === "note") {
    ctx.rect(x - size * 0.8, y - size, size * 1.6, size * 1.6);
    ctx.moveTo(x, y + size * 0.6);
    ctx.lineTo(x, y + size * 1.2);
    ctx.fillStyle = token("--card");
  } else {
    ctx.arc(x, y, size * 0.8, 0, 2 * Math.PI);
    ctx.fillStyle = mark.kind === "alarm" ? token("--p4") : token("--card");
  }
  ctx.fill();
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.strokeStyle = token(mark.kind === "alarm" ? "--mark-line" : "--ink");
  ctx.stroke();
}

/** The names of curves where they end, none on top of another. Only of a few: more of them are told by the read-out. */
export function drawNames(u, named) {
  const { ctx } = u;
  const ratio = devicePixelRatio;
  const ends = named
    .map(({ name, color, values }) => {
      const last = values.findLastIndex((value) => value !== null && value !== undefined);
      return last < 0 ? null : { name, color, x: u.valToPos(u.data[0][last], "x", true), y: u.valToPos(values[last], "y", true) };
    })
    .filter(Boolean);
  ctx.save();
  ctx.font = `600 ${12 * ratio}px ${getComputedStyle(document.documentElement).fontFamily}`;
  ctx.textAlign = "right";
  ctx.textBaseline = "alphabetic";
  ctx.lineJoin = "round";
  const { top, height, left, width } = u.bbox;
  const heights = spread(ends.map(({ y }) => y - 6 * ratio), { gap: 15 * ratio, top: top + 12 * ratio, bottom: top + height - 4 * ratio });
  ends.forEach(({ name, color, x }, i) => {
    const end = Math.min(x, left + width) - 4 * ratio;
    ctx.strokeStyle = token("--card");
    ctx.lineWidth = 4 * ratio;
    ctx.strokeText(name, end, heights[i]);
    ctx.fillStyle = color;
    ctx.fillText(name, end, heights[i]);
  });
  ctx.restore();
}
