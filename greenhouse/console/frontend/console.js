// The live page: one socket, one clock, one tick a second.

import { ServerClock, formatDate, formatTime } from "./clock.js";
import { Commands } from "./commands.js";
import { Link } from "./link.js";
import { LinkState } from "./linkstate.js";
import { Overview, drawStrip } from "./overview.js";
import { wirePreferences } from "./preferences.js";
import { Readings } from "./readings.js";
import { Sheet, wireEntry } from "./sheet.js";
import { Trends } from "./trends.js";

const root = document.documentElement;
const topic = document.body.dataset.topic;

wirePreferences();
if (topic) live(topic);
else wireEntry(document);

function live(key) {
  const clock = new ServerClock();
  const readings = new Readings(clock);
  const trends = new Trends();
  const commands = new Commands();
  const linkState = new LinkState();
  const overview = new Overview(document, { readings, trends, clock });
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live/${key}`;
  const link = new Link(address, { onFrame, onState });
  const sheet = new Sheet(document.getElementById("sheet"), { onContent: adopt });
  let drawing = 0;

  const past = document.getElementById("trends");
  if (past) trends.load(JSON.parse(past.textContent));

  function onFrame(frame) {
    clock.sync(frame.at);
    linkState.learn(frame);
    readings.learn(frame.points);
    trends.learn(frame.points);
    commands.learn(frame.commands, { snapshot: frame.type === "snapshot" });
    drawStrip(document.querySelector(".strip"), frame.counts);
    drawing ||= requestAnimationFrame(() => {
      drawing = 0;
      overview.draw();
    });
  }

  function onState(state, before, attempt) {
    linkState.changed(state, before);
    if (state !== before || state === "lost") {
      linkState.draw({ state, attempt, clock });
      readings.tick(state === "linked");
      overview.draw();
    }
    if (state === "linked" && before === "lost") reloadTrends();
  }

  async function reloadTrends() {
    if (!past) return;
    try {
      const response = await fetch("/trends");
      if (response.ok && !response.redirected) trends.load(await response.json());
    } catch {
      // The link is gone again; the next time it comes back this is asked again.
    }
  }

  function adopt(element) {
    readings.adopt(element);
    tick();
    commands.drawWishes();
  }

  function tick() {
    const now = clock.now();
    for (const element of document.querySelectorAll("[data-clock]")) {
      element.textContent = `${formatDate(now)} ${formatTime(now)}`;
    }
    readings.tick(link.state === "linked");
    linkState.draw({ state: link.state, attempt: link.attempt, clock });
  }

  document.addEventListener("visibilitychange", () => document.hidden || tick());
  document.addEventListener("region-replaced", (event) => adopt(event.target));
  readings.adopt(document);
  sheet.start();
  tick();
  overview.draw();
  link.start();
  setInterval(tick, 1000);
  setInterval(() => overview.draw(), 10000);
  root.dataset.ready = "true";
}
