// The wall: nobody touches it for months. It shows what it has, says how old that is, and finds back by itself.

import { baseNowMs, hourOfDay, timeText } from "./clock.js";
import { Feed } from "./feed.js";
import { Loop } from "./loop.js";
import { wantsReload } from "./renew.js";
import { show } from "./show.js";
import { readWords, word } from "./words.js";

const LOOK_EVERY_MS = 10_000;

readWords();
const page = document.documentElement;
const asked = new URLSearchParams(location.search);
const openedAt = performance.now();
const feed = new Feed(look);
const loop = new Loop([...document.querySelectorAll("[data-display]")], {
  // Sped up or held for trying out: /wall?dwell_ms=500, /wall?only=warm
  dwellMs: (display) => Number(asked.get("dwell_ms")) || 1000 * Number(display.dataset.dwellS),
  onShow: look,
  onRound: renew,
});

function look() {
  if (feed.data) {
    show(document.querySelector(".is-shown") ?? document.body, feed.data);
    page.dataset.zone = feed.data.time_zone;
  }
  page.dataset.feed = feed.data === null ? "waiting" : feed.isSilent() ? "silent" : "heard";
  for (const clock of document.querySelectorAll("[data-clock]")) {
    clock.textContent = feed.data ? timeText(baseNowMs(), feed.data.time_zone) : "";
  }
  for (const span of document.querySelectorAll("[data-status] [data-lang]")) {
    span.textContent = statusText(span.dataset.lang);
  }
}

function statusText(language) {
  if (loop.paused && !asked.has("only")) {
    return word("paused", language);
  }
  if (feed.data === null) {
    return word("waiting", language);
  }
  return feed.isSilent() ? word("offline", language, { time: timeText(feed.data.at, feed.data.time_zone) }) : "";
}

// At the end of a round: load the page anew if the server has another build, or once a night. Only after the server has
// answered: a page that shows old values is better than a browser's error page.
async function renew() {
  const state = {
    build: feed.data?.build,
    pageBuild: page.dataset.build,
    hour: feed.data && hourOfDay(baseNowMs(), feed.data.time_zone),
    openMs: performance.now() - openedAt,
  };
  if (!wantsReload(state)) {
    return;
  }
  try {
    const response = await fetch(location.href, { cache: "reload", signal: AbortSignal.timeout(5000) });
    if (response.ok) {
      location.reload();
    }
  } catch {
    // Gone: at the end of the next round.
  }
}

document.addEventListener("keydown", (event) => {
  if (event.code === "Space") {
    event.preventDefault();
    loop.pause(!loop.paused);
  }
  if (event.code === "ArrowRight") {
    loop.next();
  }
});
if (asked.has("only")) {
  loop.position = Math.max(0, loop.displays.findIndex((display) => display.dataset.display === asked.get("only")));
  loop.paused = true;
}
loop.start();
feed.start();
setInterval(look, LOOK_EVERY_MS);
