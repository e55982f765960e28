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
