// Freshness follows from the age. The ages at which it changes come from the server with each value; nothing here knows
// how often a point should arrive.

/**
 * @param {number} ageS Age of the value. [s]
 * @param {{late: number, stale: number, dead: number}} limits Ages after which it is late, stale and dead. [s]
 * @returns {"live"|"late"|"stale"|"dead"}
 */
export function freshness(ageS, limits) {
  if (!Number.isFinite(ageS)) return "dead";
  if (ageS < -limits.late) return "stale"; // from the future: nobody knows how old it is
  if (ageS <= limits.late) return "live";
  if (ageS <= limits.stale) return "late";
  if (ageS <= limits.dead) return "stale";
  return "dead";
}

/**
 * The same ages on a training base, where so many times more base time lies between two polls: late after 2 of them,
 * stale after 3 and dead after 6 (devices/samples.py), but no sooner than without it.
 */
export function atPace({ late, stale, dead }, pace) {
  return { late: late * pace, stale: Math.max(stale, 1.5 * late * pace), dead: Math.max(dead, 3 * late * pace) };
}
