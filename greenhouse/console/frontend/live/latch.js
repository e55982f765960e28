// Something that is told again and again, and matters only when it is another one.

export class Latch {
  #held;

  constructor(held) {
    this.#held = held;
  }

  /** Whether nothing was told yet. */
  get isEmpty() {
    return this.#held === undefined;
  }

  /** Take it in; true if it is another one than before. */
  changed(value) {
    const before = this.#held;
    this.#held = value;
    return value !== before;
  }
}
