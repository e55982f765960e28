// The live page: one socket, one clock, one tick a second.

import { ServerClock, formatDate, formatTime } from "./live/clock.js";
import { Commands } from "./changes/commands.js";
import { wireEntry } from "./sheet/entry.js";
import { Latch } from "./live/latch.js";
import { Link } from "./live/link.js";
import { LinkState } from "./live/linkstate.js";
import { Overview, drawStrip, standingOf } from "./overview/overview.js";
import { sendOnce } from "./page/once.js";
import { wirePrograms } from "./programs/program.js";
import { wirePreferences } from "./account/preferences.js";
import { Readings } from "./values/readings.js";
import { keepUp, pauseLists, refreshRegions } from "./page/regions.js";
import { drawDifferences } from "./training/differences.js";
import { SessionEnd } from "./account/session.js";
import { Sheet } from "./sheet/sheet.js";
import { LastHour } from "./overview/last_hour.js";
import { Version } from "./live/version.js";
import { word } from "./values/words.js";
import { wireHarvest } from "./yields/harvest.js";

const root = document.documentElement;
const SERVER_CLOCK = "control.clock";
const topic = document.body.dataset.topic;

wirePreferences();
wirePrograms(document);
loadCharts();
wireHarvest(document);
if (topic) {
  live(topic);
} else {
  wireEntry(document);
  new SessionEnd({ onBack: () => {} }).start();
}
sendOnce(); // last of all: a form that a script sends is none of the browser's

/** Charts are heavy and on few pages: their script comes only with the first of them. */
async function loadCharts() {
  if (!document.querySelector("[data-chart], [data-choice]")) return;
  let charts;
  try {
    charts = await import(document.querySelector("meta[name=chart-script]").content);
  } catch {
    for (const place of document.querySelectorAll("[data-chart]")) place.textContent = word("chart.unreachable");
    return;
  }
  charts.mountCharts(document);
}

function live(key) {
  const clock = new ServerClock();
  const readings = new Readings(clock);
  const trends = new LastHour();
  const commands = new Commands();
  const linkState = new LinkState();
  const alarms = new Latch(document.querySelector("[data-alarms]")?.dataset.alarms);
  const standing = new Latch();
  const overview = new Overview(document, { readings, trends, clock });
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live/${key}`;
  const link = new Link(address, { onFrame, onState });
  const version = new Version();
  const session = new SessionEnd({ onBack });
  const sheet = new Sheet(document.getElementById("sheet"), { onContent: adopt, onSignedOut: () => session.ended() });
  let drawing = 0;
  let serversClock = 0;

  function onFrame(frame) {
    const isAtAnotherPace = frame.pace !== clock.pace;
    clock.sync(frame.at, frame.pace);
    if (isAtAnotherPace) refreshRegions("[data-follows=pace]");
    linkState.learn(frame);
    version.learn(frame.version);
    readings.learn(frame.points);
    trends.learn(frame.points);
    commands.learn(frame.commands, { snapshot: frame.type === "snapshot" });
    if (frame.counts && alarms.changed(frame.counts.alarms)) refreshRegions("[data-follows=alarms]");
    keepUp(performance.now());
    if (frame.counts) followCounts(frame.counts);
    followServersClock(frame.points[SERVER_CLOCK]);
    drawing ||= requestAnimationFrame(() => {
      drawing = 0;
      overview.draw();
      drawDifferences(readings, clock.now());
    });
  }

  function followCounts(counts) {
    drawStrip(document.querySelector(".strip"), counts);
    const isFirst = standing.isEmpty;
    if (standing.changed(standingOf(counts)) && !isFirst) refreshRegions("[data-follows=counts]");
  }

  function followServersClock(state) {
    if (!state || state.value === serversClock) return;
    serversClock = state.value;
    refreshRegions("[data-follows=clock]");
  }

  function onState(state, before, attempt) {
    linkState.changed(state, before);
    if (state !== before || state === "lost") {
      linkState.draw({ state, attempt, clock, isOneTooMany: link.isOneTooMany });
      readings.tick(state === "linked");
      overview.draw();
    }
    if (state === "linked" && before === "lost") loadTrends();
    if (state === "signed-out") session.ended();
  }

  function onBack() {
    link.restart();
    loadTrends();
  }

  async function loadTrends() {
    if (!document.querySelector(".instrument")) return;
    try {
      const response = await fetch("/last-hour");
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
    drawDifferences(readings, now);
    linkState.draw({ state: link.state, attempt: link.attempt, clock, isOneTooMany: link.isOneTooMany });
  }

  // Woken up: first the ages of what is on the page, then the link (which listens to the same events, later).
  document.addEventListener("visibilitychange", () => document.hidden || tick());
  document.addEventListener("resume", tick);
  window.addEventListener("pageshow", (event) => event.persisted && tick());
  for (const button of document.querySelectorAll("[data-lists]")) {
    button.addEventListener("click", () => pauseLists(button.dataset.lists === "paused"));
  }
  document.addEventListener("region-replaced", (event) => {
    adopt(event.target);
    overview.draw();
  });
  readings.adopt(document);
  sheet.start();
  session.start();
  version.start();
  tick();
  overview.draw();
  loadTrends();
  link.start();
  setInterval(tick, 1000);
  setInterval(() => overview.draw(), 10000);
  root.dataset.ready = "true";
}
