// Texts that the server wrote into the page, in one language or both.

let words = {};

export function readWords() {
  words = JSON.parse(document.getElementById("words").textContent);
}

export function word(name, language, figures = {}) {
  let text = words[name][language];
  for (const [key, value] of Object.entries(figures)) {
    text = text.replace(`{${key}}`, value);
  }
  return text;
}

export function ageText(ms, language) {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 2) {
    return word("now", language);
  }
  if (minutes < 120) {
    return word("minutes", language, { n: minutes });
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? word("hours", language, { n: hours }) : word("days", language, { n: Math.floor(hours / 24) });
}
