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
