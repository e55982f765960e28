// The live page: one socket, one clock, one tick a second.

import { ServerClock, formatDate, formatTime } from "./clock.js";
import { Commands } from "./commands.js";
import { Latch } from "./latch.js";
import { Link } from "./link.js";
import { LinkState } from "./linkstate.js";
import { Overview, drawStrip } from "./overview.js";
import { wirePreferences } from "./preferences.js";
import { Readings } from "./readings.js";
import { refreshBase, refreshRegions } from "./regions.js";
import { Sheet, wireEntry } from "./sheet.js";
import { Trends } from "./trends.js";

const root = document.documentElement;
const SERVER_CLOCK = "control.clock";
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
  const alarms = new Latch(document.querySelector("[data-alarms]")?.dataset.alarms);
  const overview = new Overview(document, { readings, trends, clock });
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live/${key}`;
  const link = new Link(address, { onFrame, onState });
  const sheet = new Sheet(document.getElementById("sheet"), { onContent: adopt });
  let drawing = 0;
  let serversClock = 0;

  function onFrame(frame) {
    clock.sync(frame.at);
    linkState.learn(frame);
    readings.learn(frame.points);
    trends.learn(frame.points);
    commands.learn(frame.commands, { snapshot: frame.type === "snapshot" });
    if (frame.counts && alarms.changed(frame.counts.alarms)) refreshRegions("[data-follows=alarms]");
    refreshBase(performance.now());
    if (drawStrip(document.querySelector(".strip"), frame.counts)) refreshRegions("[data-follows=counts]");
    followServersClock(frame.points[SERVER_CLOCK]);
    drawing ||= requestAnimationFrame(() => {
      drawing = 0;
      overview.draw();
    });
  }

  function followServersClock(state) {
    if (!state || state.value === serversClock) return;
    serversClock = state.value;
    refreshRegions("[data-follows=clock]");
  }

  function onState(state, before, attempt) {
    linkState.changed(state, before);
    if (state !== before || state === "lost") {
      linkState.draw({ state, attempt, clock });
      readings.tick(state === "linked");
      overview.draw();
    }
    if (state === "linked" && before === "lost") loadTrends();
  }

  async function loadTrends() {
    if (!document.querySelector(".instrument")) return;
    try {
      const response = await fetch("/trends");
      if (!response.ok || response.redirected) return;
      trends.load(await response.json());
      overview.draw();
    } catch {
      // The link is gone again; this is asked again when it is back.
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
      element.textContent = element.dataset.clock === "date" ? formatDate(now) : formatTime(now);
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
  loadTrends();
  link.start();
  setInterval(tick, 1000);
  setInterval(() => overview.draw(), 10000);
  root.dataset.ready = "true";
}
