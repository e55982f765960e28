// The words of the page in its language, written into the page by the server.

const source = document.getElementById("words");
const words = source ? JSON.parse(source.textContent) : {};

/** The text of a message with its {names} filled in. */
export function word(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** An age as people say it: "6 min ago". */
export function ageInWords(ageS) {
  const s = Math.max(0, ageS);
  if (s < 90) return word("age.seconds", { n: Math.round(s) });
  if (s < 5400) return word("age.minutes", { n: Math.round(s / 60) });
  if (s < 129600) return word("age.hours", { n: Math.round(s / 3600) });
  return word("age.days", { n: Math.round(s / 86400) });
}

/** The names of the bits of a number that are set: "heating, dosing CO2"; those without a name by their number. */
export function bitsInWords(value, names) {
  const bits = Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => Math.floor(value / 2 ** bit) % 2 === 1);
  return bits.map((bit) => names[bit] ?? String(bit)).join(word("list.comma")) || word("bits.none");
}
