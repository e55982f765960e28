// Time that has passed. While a phone sleeps one of its two clocks may stand still: believe the one that went further.

export class Elapsed {
  #wall = Date.now();
  #ticks = performance.now();

  /** Since this was made. [ms] */
  get ms() {
    return Math.max(performance.now() - this.#ticks, Date.now() - this.#wall);
  }

  /** What this machine's own clock said then. [ms since 1970] */
  get wall() {
    return this.#wall;
  }
}
