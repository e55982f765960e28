/**
 * A number as people read it: rounded to its resolution, with a true minus sign and no negative zero.
 *
 * @param {number} value
 * @param {{resolution: number, decimals: number}} display
 */
export function formatNumber(value, { resolution, decimals }) {
  const text = (Math.round(value / resolution) * resolution).toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212");
}

/** The same with a sign in front, for differences. */
export function formatDifference(value, display) {
  const text = formatNumber(value, display);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** The number a person typed; full-width digits, true minus signs and decimal commas are meant as they look. */
export function parseNumber(text) {
  const plain = text.normalize("NFKC").replace("\u2212", "-").replace(",", ".").trim();
  return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : NaN;
}
