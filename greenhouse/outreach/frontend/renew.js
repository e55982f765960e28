// When the wall loads itself anew. It asks only at the end of a round.

const NIGHT_H = 3;
const LONG_OPEN_MS = 6 * 3_600_000;

// Another build at once; otherwise once a night, between three and four.
export function wantsReload({ build, pageBuild, hour, openMs }) {
  if (build === undefined) {
    return false;
  }
  return build !== pageBuild || (Math.floor(hour) === NIGHT_H && openMs > LONG_OPEN_MS);
}
