// The last hour of the drawn points, one mean per minute. The server sends the past, frames carry it on.

export class LastHour {
  #step = 60000;
  #count = 60;
  #buckets = new Map(); // point -> Map(bucket -> {sum, count})

  /** Take over the past as the server tells it: {start, step, points: {key: [mean or null, ...]}}. */
  load({ start, step, count, points }) {
    this.#step = step;
    this.#count = count;
    const first = Math.floor(start / step);
    for (const [point, means] of Object.entries(points)) {
      const buckets = new Map();
      means.forEach((mean, index) => mean !== null && buckets.set(first + index, { sum: mean, count: 1 }));
      this.#buckets.set(point, buckets);
    }
  }

  learn(points) {
    for (const [point, { value, quality, at }] of Object.entries(points)) {
      const buckets = this.#buckets.get(point);
      if (!buckets || value === null || quality === "bad") continue;
      const bucket = Math.floor(at / this.#step);
      const sofar = buckets.get(bucket) ?? { sum: 0, count: 0 };
      buckets.set(bucket, { sum: sofar.sum + value, count: sofar.count + 1 });
      const oldest = bucket - this.#count;
      for (const key of buckets.keys()) if (key < oldest) buckets.delete(key);
    }
  }

  /** Means of the last hour up to now, null where there is none. */
  values(point, nowMs) {
    const buckets = this.#buckets.get(point) ?? new Map();
    const last = Math.floor(nowMs / this.#step);
    return Array.from({ length: this.#count }, (_, index) => {
      const bucket = buckets.get(last - this.#count + 1 + index);
      return bucket ? bucket.sum / bucket.count : null;
    });
  }
}
