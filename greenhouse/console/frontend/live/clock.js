// Server time, carried on between frames. A value's age is server time minus the time its reply arrived, so a phone with
// a wrong clock shows right ages.

import { Elapsed } from "./elapsed.js";

const root = document.documentElement;

/** A training base has a clock of its own, which may go faster than this machine's and shows another day. */
const isTraining = root.dataset.pace !== undefined;

/** A page that the browser had kept tells the time of then. This machine's own clock is believed if it is later. */
function timeOfPage() {
  const told = Number(root.dataset.serverTime) || Date.now();
  if (isTraining) return told;
  const [page] = performance.getEntriesByType?.("navigation") ?? [];
  const wasKept = page?.transferSize === 0 && page.encodedBodySize > 0;
  return wasKept ? Math.max(told, Date.now()) : told;
}

export class ServerClock {
  #at = timeOfPage();
  #since = new Elapsed();

  /** How many seconds of server time pass in one of this machine: 1, but on a training base. */
  pace = Number(root.dataset.pace) || 1;

  /** Take over the time of a frame that has just arrived, and how fast it goes. */
  sync(atMs, pace = 1) {
    this.#at = atMs;
    this.#since = new Elapsed();
    this.pace = pace;
  }

  /** Server time now. */
  now() {
    return this.#at + this.#since.ms * this.pace;
  }

  /** How long ago something was, in time of the wire: values are polled, and grow stale, by that. [ms] */
  sinceOnTheWire(atMs) {
    return (this.now() - atMs) / this.pace;
  }

  /** How far this machine's own clock is off, at the last frame. [s] */
  get skewS() {
    if (isTraining) return 0;
    return (this.#since.wall - this.#at) / 1000;
  }
}

const zone = root.dataset.timeZone || "Asia/Shanghai";
const language = root.lang || "zh-CN";
const timeOfDay = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const shortTime = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat(language, { timeZone: zone, month: "short", day: "numeric", weekday: "short" });

const day = new Intl.DateTimeFormat("en-GB", { timeZone: zone, month: "2-digit", day: "2-digit" });
const dayOf = (ms) => day.format(ms).split("/").reverse().join("-");

export const formatTime = (ms) => timeOfDay.format(ms);
export const formatShortTime = (ms) => shortTime.format(ms);
export const formatDate = (ms) => date.format(ms);

/** Time of day, and the day before it where that is not today. */
export const formatWhen = (ms, now, format = formatShortTime) => (dayOf(ms) === dayOf(now) ? format(ms) : `${dayOf(ms)} ${format(ms)}`);
