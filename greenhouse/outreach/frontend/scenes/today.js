// The day so far: the sun on its bow, the temperatures inside and outside, the blanket.

import { baseNowMs, hourOfDay } from "../clock.js";
import { numberText } from "../values.js";
import { part, set, setText } from "./svg.js";

const LEFT = 70;
const RIGHT = 1114;
const TOP = 280; // leaves room for a label between the horizon and the line
const BOTTOM = 500;
const LEAST_SPAN_K = 10;
const LABEL_GAP = 54;
const LABEL_WIDTH = 300;
const ABOVE_LINE = 40;

const across = (hour) => LEFT + ((RIGHT - LEFT) * hour) / 24;

// Means of today by hour, from midnight on; the course reaches back into yesterday.
export function todays(course, zone, nowMs) {
  if (!course) {
    return [];
  }
  const midnight = nowMs - hourOfDay(nowMs, zone) * 3_600_000;
  return course.means
    .map((mean, position) => ({ hour: (course.begins + (position + 0.5) * course.step_s * 1000 - midnight) / 3_600_000, mean }))
    .filter(({ hour }) => hour >= 0 && hour <= 24);
}

// A line with a gap wherever nothing is known.
export function linePath(points, up) {
  let pen = "M";
  let path = "";
  for (const { hour, mean } of points) {
    if (mean === null) {
      pen = "M";
    } else {
      path += `${pen}${across(hour).toFixed(1)} ${up(mean).toFixed(1)}`;
      pen = "L";
    }
  }
  return path;
}

export function drawToday(root, data) {
  const scene = root.querySelector('[data-scene="today"]');
  if (!scene) {
    return;
  }
  const now = baseNowMs();
  const inside = todays(data.courses.air_temperature, data.time_zone, now);
  const outside = todays(data.courses.outside_temperature, data.time_zone, now);
  const known = [...inside, ...outside].map(({ mean }) => mean).filter((mean) => mean !== null);
  const up = scaleOf(known);
  set(part(scene, "inside"), { d: linePath(inside, up) });
  set(part(scene, "outside"), { d: linePath(outside, up) });
  const nowX = across(hourOfDay(now, data.time_zone));
  set(part(scene, "now"), { transform: `translate(${nowX.toFixed(1)} 0)` });
  drawFreezing(scene, up, known);
  drawLabels(scene, [inside, outside], up, nowX);
  drawBow(scene, data, now);
  drawBlanketStrip(scene, todays(data.courses.blanket_rolled_up, data.time_zone, now));
}

function scaleOf(known) {
  const low = Math.min(...known, 0);
  const high = Math.max(...known, low + LEAST_SPAN_K);
  return (mean) => BOTTOM - ((BOTTOM - TOP) * (mean - low)) / (high - low);
}

function drawFreezing(scene, up, known) {
  const y = known.length ? up(0).toFixed(1) : BOTTOM;
  set(part(scene, "freezing"), { y1: y, y2: y });
  set(part(scene, "freezing-label"), { y: Number(y) + 14 });
}

// Beside the end of its line and of now, or above the line where there is no room beside it.
export function labelPlace(points, up, nowX) {
  const known = points.filter(({ mean }) => mean !== null);
  const end = known.at(-1);
  if (!end) {
    return null;
  }
  const x = across(end.hour);
  const beside = Math.max(x, nowX);
  if (beside + LABEL_WIDTH < RIGHT) {
    return { mean: end.mean, x: beside + 40, y: up(end.mean), anchor: "start" };
  }
  const beneath = known.filter(({ hour }) => across(hour) > x - LABEL_WIDTH);
  return { mean: end.mean, x: x - 20, y: Math.min(...beneath.map(({ mean }) => up(mean))) - ABOVE_LINE, anchor: "end" };
}

function drawLabels(scene, courses, up, nowX) {
  const ends = courses.map((points) => labelPlace(points, up, nowX));
  const places = ends.map((end) => end?.y ?? BOTTOM);
  if (ends[0] && ends[1] && Math.abs(places[0] - places[1]) < LABEL_GAP) {
    const middle = (places[0] + places[1]) / 2;
    const sign = ends[0].mean >= ends[1].mean ? 1 : -1;
    places[0] = middle - (sign * LABEL_GAP) / 2;
    places[1] = middle + (sign * LABEL_GAP) / 2;
  }
  ["inside-label", "outside-label"].forEach((name, number) => {
    const label = part(scene, name);
    const end = ends[number];
    set(label, { visibility: end ? "visible" : "hidden" });
    if (end) {
      set(label, { x: end.x.toFixed(0), y: (places[number] + 16).toFixed(0), "text-anchor": end.anchor });
      setText(label.querySelector("[data-degrees]"), `${numberText(end.mean, 1)}°`);
    }
  });
}

function drawBow(scene, data, now) {
  const bow = part(scene, "bow");
  const sun = part(scene, "sun");
  if (data.rise === null || data.set === null) {
    set(bow, { d: "" });
    set(sun, { visibility: "hidden" });
    return;
  }
  const [from, to] = [data.rise, data.set].map((at) => across(hourOfDay(at, data.time_zone)));
  set(bow, { d: `M${from.toFixed(0)} 200C${from.toFixed(0)} -10 ${to.toFixed(0)} -10 ${to.toFixed(0)} 200` });
  const share = (now - data.rise) / (data.set - data.rise);
  const isUp = share >= 0 && share <= 1;
  set(sun, { visibility: isUp ? "visible" : "hidden" });
  if (isUp) {
    const at = bow.getPointAtLength(bow.getTotalLength() * share);
    set(sun, { transform: `translate(${at.x.toFixed(0)} ${at.y.toFixed(0)})` });
  }
}

// Light where the blanket was rolled up, dark where it lay on the house, nothing where nobody knows.
function drawBlanketStrip(scene, points) {
  const paths = { strip: "", covered: "" };
  for (const { hour, mean } of points) {
    if (mean !== null) {
      paths[mean < 50 ? "covered" : "strip"] += `M${across(hour - 1 / 12).toFixed(1)} 545H${across(hour + 1 / 12).toFixed(1)}`;
    }
  }
  set(part(scene, "strip"), { d: paths.strip });
  set(part(scene, "covered"), { d: paths.covered });
}
