// One display on a phone, or the page about the base: the same data, in one language.

import { baseNowMs, timeText } from "./clock.js";
import { Feed } from "./feed.js";
import { show } from "./show.js";
import { readWords, word } from "./words.js";

const LOOK_EVERY_MS = 10_000;

readWords();
const page = document.documentElement;
const feed = new Feed(look);

function look() {
  page.dataset.feed = feed.data === null ? "waiting" : feed.isSilent() ? "silent" : "heard";
  if (feed.data) {
    show(document.body, feed.data);
  }
  for (const span of document.querySelectorAll("[data-status] [data-lang]")) {
    const language = span.dataset.lang;
    const time = feed.data && timeText(feed.data.at, feed.data.time_zone);
    span.textContent = feed.data === null ? word("waiting", language) : feed.isSilent() ? word("offline", language, { time }) : "";
  }
  for (const clock of document.querySelectorAll("[data-clock]")) {
    clock.textContent = feed.data ? timeText(baseNowMs(), feed.data.time_zone) : "";
  }
}

feed.start();
setInterval(look, LOOK_EVERY_MS);
