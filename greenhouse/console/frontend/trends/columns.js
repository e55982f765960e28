// The data of a chart as it comes over the line, and what is drawn and said of it. Needs no page.

/** Most buckets that a chart keeps while it follows the present. */
export const MOST_BUCKETS = 1500;

/**
 * One curve with its numbers in the unit that people read.
 *
 * @param {object} series As the server tells it.
 * @param {{mean, below, above, cover, bad}} data Its columns, or those of what it is compared with.
 */
export function curveOf(series, data) {
  const scale = (steps) => (steps === null ? null : steps * series.resolution);
  const mean = data.mean.map(scale);
  return {
    mean,
    low: data.below ? data.mean.map((steps, i) => (steps === null ? null : scale(steps - (data.below[i] ?? 0)))) : mean,
    high: data.above ? data.mean.map((steps, i) => (steps === null ? null : scale(steps + (data.above[i] ?? 0)))) : mean,
    cover: data.cover,
    bad: new Set(data.bad),
  };
}

/** Middles of the buckets, in milliseconds: that is where a mean belongs. */
export function timesOf({ start, step, count }) {
  return Array.from({ length: count }, (_, i) => start + (i + 0.5) * step);
}

/** A chart carried on: what was known before, and the newer part of it that the server sent. */
export function carriedOn(before, newer) {
  const kept = (newer.start - before.start) / before.step;
  const fits = newer.step === before.step && Number.isInteger(kept) && kept >= 0 && kept <= before.count;
  const same = fits && newer.series.length === before.series.length && newer.series.every((s, i) => s.key === before.series[i].key);
  if (!same || Boolean(newer.compare) !== Boolean(before.compare)) return null;
  const count = kept + newer.count;
  const drop = Math.max(0, count - Math.min(before.count, MOST_BUCKETS));
  const start = before.start + drop * before.step;
  // Only the newer part was looked at again: what is damaged before it still is.
  const damaged = before.unreadable.filter((old) => old.end > start && !newer.unreadable.some((span) => span.point === old.point && span.start === old.start));
  const join = (old, now) => joined(old, now, { kept, oldCount: before.count, newCount: newer.count, drop });
  return {
    ...newer,
    start,
    count: count - drop,
    unreadable: [...damaged, ...newer.unreadable],
    series: newer.series.map((s, i) => ({ ...s, data: join(before.series[i].data, s.data) })),
    compare: newer.compare && {
      ...newer.compare,
      series: newer.compare.series.map((data, i) => data && join(before.compare.series[i], data)),
    },
  };
}

function joined(old, now, { kept, oldCount, newCount, drop }) {
  const column = (name, usual) => {
    if (!old[name] && !now[name]) return null;
    const before = old[name] ?? Array(oldCount).fill(usual);
    return [...before.slice(0, kept), ...(now[name] ?? Array(newCount).fill(usual))].slice(drop);
  };
  const bad = [...old.bad.filter((i) => i < kept), ...now.bad.map((i) => i + kept)].map((i) => i - drop);
  return {
    mean: column("mean"),
    below: column("below", 0),
    above: column("above", 0),
    cover: column("cover", 100),
    bad: bad.filter((i) => i >= 0),
  };
}

/**
 * Curves by panel: all of one quantity and unit share one axis; states stand together, one lane each.
 *
 * @returns {{kind: "lines"|"lanes", name: string, unit: string, members: number[]}[]} Positions among the series.
 */
export function panelsOf(series) {
  const panels = new Map();
  series.forEach((s, i) => {
    const kind = s.role === "state" ? "lanes" : "lines";
    const key = kind === "lanes" ? "lanes" : `${s.quantity} ${s.unit}`;
    if (!panels.has(key)) panels.set(key, { kind, name: kind === "lanes" ? "" : s.quantity_name, unit: s.unit, members: [] });
    panels.get(key).members.push(i);
  });
  const all = [...panels.values()];
  return [...all.filter((p) => p.kind === "lines"), ...all.filter((p) => p.kind === "lanes")];
}

/** Lowest, highest, mean and newest value of a curve with their places; null if it has none. */
export function factsOf(curve) {
  const facts = { low: Infinity, high: -Infinity, lowAt: -1, highAt: -1, mean: 0, newest: null, newestAt: -1, cover: 0 };
  let known = 0;
  curve.mean.forEach((value, i) => {
    if (value === null) return;
    known += 1;
    facts.mean += value;
    facts.cover += curve.cover ? curve.cover[i] : 100;
    if (curve.low[i] < facts.low) [facts.low, facts.lowAt] = [curve.low[i], i];
    if (curve.high[i] > facts.high) [facts.high, facts.highAt] = [curve.high[i], i];
    [facts.newest, facts.newestAt] = [value, i];
  });
  if (!known) return null;
  return { ...facts, mean: facts.mean / known, cover: facts.cover / curve.mean.length };
}

/** Whether no curve of a chart has any value. */
export function isEmpty(data) {
  return data.series.every(({ data: { mean } }) => mean.every((value) => value === null));
}

/** The shortest names that tell the curves of a chart apart: only what differs between them. */
export function shortNames(series) {
  const inside = series.filter((s) => !s.common);
  const manyPlaces = new Set(inside.map((s) => s.place)).size > 1;
  const oneLabel = series.length > 1 && new Set(series.map((s) => s.label)).size === 1;
  const twice = (s) => series.filter((other) => other.label === s.label).length > 1;
  return series.map((s) => {
    if (oneLabel && manyPlaces) return s.place;
    return twice(s) || (manyPlaces && !s.common) ? `${s.place} · ${s.label}` : s.label;
  });
}

/** Position of the bucket that holds a moment, kept inside the chart. */
export function bucketAt({ start, step, count }, ms) {
  return Math.min(count - 1, Math.max(0, Math.floor((ms - start) / step)));
}

/** Labels one below the other where they would stand on one another: their heights, in the order given. */
export function spread(heights, { gap, top, bottom }) {
  const order = heights.map((y, i) => [y, i]).sort((a, b) => a[0] - b[0]);
  const placed = [];
  let free = top;
  for (const [y, i] of order) {
    placed[i] = Math.max(free, y);
    free = placed[i] + gap;
  }
  let limit = bottom;
  for (const [, i] of order.reverse()) {
    placed[i] = Math.min(placed[i], limit);
    limit = placed[i] - gap;
  }
  return placed;
}
