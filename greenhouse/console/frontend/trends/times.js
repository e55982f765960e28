// Times on a chart, in the time zone of the base whatever zone the reader's machine stands in.

const language = document.documentElement.lang || "zh-CN";
const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const made = new Map();

function partsOf(ms, zone) {
  if (!made.has(zone)) {
    const all = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
    made.set(zone, new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...all }));
  }
  return Object.fromEntries(made.get(zone).formatToParts(ms).map(({ type, value }) => [type, value]));
}

/** Time of day; with seconds where buckets are shorter than a minute. */
export function clock(ms, zone, step = MINUTE) {
  const { hour, minute, second } = partsOf(ms, zone);
  return step < MINUTE ? `${hour}:${minute}:${second}` : `${hour}:${minute}`;
}

/** Day, month and year. */
export function date(ms, zone) {
  const { year, month, day } = partsOf(ms, zone);
  return `${year}-${month}-${day}`;
}

/** Day and time, as everywhere on the pages: 11-24 14:05. */
export function moment(ms, zone, step = MINUTE) {
  return step >= DAY ? date(ms, zone) : `${date(ms, zone).slice(5)} ${clock(ms, zone, step)}`;
}

/** Day, time and year. */
export const fullMoment = (ms, zone, step = MINUTE) => `${date(ms, zone)} ${clock(ms, zone, step)}`;

/** From when to when a bucket lasts. */
export function bucketSpan(start, step, zone) {
  if (step <= MINUTE) return moment(start, zone, step);
  if (step === DAY) return moment(start, zone, step);
  if (step > DAY) return `${moment(start, zone, step)} – ${moment(start + step - 1, zone, step)}`;
  return `${moment(start, zone, step)}–${clock(start + step, zone, step)}`;
}

/** How long a bucket is, in words of numbers and units alone. */
export function stepParts(step) {
  if (step >= DAY) return ["days", step / DAY];
  if (step >= HOUR) return ["hours", step / HOUR];
  return step >= MINUTE ? ["minutes", step / MINUTE] : ["seconds", step / 1000];
}

/** A moment as a field for date and time wants it, in the base's zone. */
export const fieldValue = (ms, zone) => `${date(ms, zone)}T${clock(ms, zone)}`;

/** The reading of such a field; NaN for none. The base's zone is found by trying. */
export function fieldMoment(text, zone) {
  const wanted = Date.parse(`${text}Z`);
  if (Number.isNaN(wanted)) return NaN;
  const shown = Date.parse(`${fieldValue(wanted, zone)}Z`);
  return wanted - (shown - wanted);
}

/** Labels of the time axis: the day where a new one begins, otherwise the time. */
export function axisLabels(splits, zone, increment) {
  const weekday = new Intl.DateTimeFormat(language, { timeZone: zone, weekday: "short" });
  return splits.map((ms) => {
    const day = date(ms, zone);
    if (increment >= 28 * DAY) return day.slice(0, 7);
    if (increment >= DAY) return day.slice(5);
    const time = clock(ms, zone, increment);
    return time.startsWith("00:00") ? `${day.slice(5)} ${weekday.format(ms)}` : time;
  });
}
