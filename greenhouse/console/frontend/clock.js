// Server time, carried on between frames. A value's age is server time minus the time its reply arrived, so a phone with
// a wrong clock shows right ages.

import { Elapsed } from "./elapsed.js";

const root = document.documentElement;

/** A page that the browser had kept tells the time of then. This machine's own clock is believed if it is later. */
function timeOfPage() {
  const told = Number(root.dataset.serverTime) || Date.now();
  const [page] = performance.getEntriesByType?.("navigation") ?? [];
  const wasKept = page?.transferSize === 0 && page.encodedBodySize > 0;
  return wasKept ? Math.max(told, Date.now()) : told;
}

export class ServerClock {
  #at = timeOfPage();
  #since = new Elapsed();

  /** Take over the time of a frame that has just arrived. */
  sync(atMs) {
    this.#at = atMs;
    this.#since = new Elapsed();
  }

  /** Server time now. */
  now() {
    return this.#at + this.#since.ms;
  }

  /** How far this machine's own clock is off, at the last frame. [s] */
  get skewS() {
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
