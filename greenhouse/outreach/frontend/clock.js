// The server's clock, as far as this page knows it, and base time after it.

let offsetMs = 0;
let publication = null;

// Learn the server's time from an answer: its date is cut to the second, so half of one is added.
export function learnServerTime(response) {
  const told = Date.parse(response.headers.get("Date") || "");
  const agedMs = 1000 * Number(response.headers.get("Age") || 0);
  if (Number.isFinite(told)) {
    offsetMs = told + agedMs + 500 - Date.now();
  }
}

export function learnPublication(data) {
  publication = data;
}

// Base time now. On a live base that is the server's clock, on a training base it goes faster.
export function baseNowMs() {
  const serverMs = Date.now() + offsetMs;
  return publication === null ? serverMs : publication.at + (serverMs - publication.machine_at) * publication.pace;
}

// Time since base midnight. [h]
export function hourOfDay(ms, zone) {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false })
      .formatToParts(ms)
      .map((part) => [part.type, Number(part.value)]),
  );
  return (parts.hour % 24) + parts.minute / 60 + parts.second / 3600;
}

export function timeText(ms, zone) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hour12: false }).format(ms);
}

export function dayAndTimeText(ms, zone) {
  const day = new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(ms);
  return `${day} ${timeText(ms, zone)}`;
}
