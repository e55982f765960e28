// Reads the one document of all displays, again and again. What was read last stays when the server is gone.

import { learnPublication, learnServerTime } from "./clock.js";

const EVERY_MS = 15_000;
const GIVEN_UP_AFTER_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const JITTER = 0.5;

// Pause before the next try after so many failures in a row: doubling, never all pages at the same moment.
export function pauseMs(failures, chance) {
  const usual = failures === 0 ? EVERY_MS : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  return usual * (1 - JITTER / 2 + JITTER * chance);
}

export class Feed {
  constructor(onChange) {
    this.data = null;
    this.failures = 0;
    this.heardAt = 0;
    this.onChange = onChange;
    this.timer = 0;
  }

  start() {
    // A phone that wakes up asks at once.
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.ask());
    window.addEventListener("online", () => this.ask());
    return this.ask();
  }

  async ask() {
    clearTimeout(this.timer);
    try {
      const response = await fetch("/data.json", { cache: "no-cache", signal: AbortSignal.timeout(GIVEN_UP_AFTER_MS) });
      if (response.ok) {
        const data = await response.json();
        learnServerTime(response);
        learnPublication(data);
        this.data = data;
        this.heardAt = performance.now();
      }
      this.failures = response.ok ? 0 : this.failures + 1;
    } catch {
      this.failures += 1;
    }
    this.timer = setTimeout(() => this.ask(), pauseMs(this.failures, Math.random()));
    this.onChange();
  }

  // Whether nothing was heard for so long that the page has to say so.
  isSilent() {
    return this.failures > 0 && performance.now() - this.heardAt > 45_000;
  }
}
