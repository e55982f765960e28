// How curves look: color, dash and width by what they are. Never by color alone: dashes and names tell them apart too.

const MEASURED = ["--series-1", "--series-3", "--series-5", "--series-6", "--series-7", "--series-4"];
const OUTSIDE = ["--series-4", "--series-5", "--series-3", "--series-6", "--series-7", "--series-1"];
const SETPOINT_DASHES = [[6, 4], [2, 3], [10, 3, 2, 3]];
const DASHES = [[], [12, 3], [3, 3], [12, 3, 3, 3]];

/**
 * Color token, dash and width of each curve, in order.
 *
 * @param {{role: string}[]} series
 */
export function looksOf(series) {
  const used = new Map();
  let setpoints = 0;
  return series.map(({ role }) => {
    if (role === "setpoint") return { color: "--series-2", dash: SETPOINT_DASHES[setpoints++ % SETPOINT_DASHES.length], width: 1.5 };
    const palette = role === "outside" ? OUTSIDE : MEASURED;
    const free = [...palette].sort((a, b) => (used.get(a) ?? 0) - (used.get(b) ?? 0))[0];
    const times = used.get(free) ?? 0;
    used.set(free, times + 1);
    return { color: free, dash: DASHES[times % DASHES.length], width: 1.75 };
  });
}

/** Value of a color token in the theme that is on. */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A color with another opacity; the tokens are all of the form #rrggbb or #rgb. */
export function faded(color, opacity) {
  const full = color.length === 4 ? `#${[...color.slice(1)].map((digit) => digit + digit).join("")}` : color;
  return `${full}${Math.round(opacity * 255).toString(16).padStart(2, "0")}`;
}
