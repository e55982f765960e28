// A chart in its place on a page: loads, draws, follows the present, and lets a person inspect it.

import { word } from "../values/words.js";
import { carriedOn, curveOf, isEmpty, panelsOf, shortNames, timesOf } from "./columns.js";
import { looksOf } from "./looks.js";
import { cursorBucket, dataOf, drawPanel } from "./panel.js";
import { Readout } from "./readout.js";
import { summaryOf, titleOf } from "./sentences.js";
import { Table } from "./table.js";
import { fullMoment } from "./times.js";

const SOONEST_MS = 5000;
const LATEST_MS = 60000;
const AGAIN_MS = 10000;
const LOOKS_FOR_MS = 60000;
const SLOW_MS = 3000;
const PHONE_PX = 600;
const AXIS_PX = 60;
const MOST_ON_A_PHONE = 4;
const TALL = { phone: 220, desk: 300 };
const LOW = { phone: 130, desk: 150 };
let charts = 0;

/** One chart. It lives in `element`, which says what is asked for, until `dispose`. */
export class Chart {
  #element;
  #query;
  #on;
  #plots = [];
  #view = null;
  #readout;
  #table;
  #timer = 0;
  #asking = null;
  #paused = false;
  #bucket = null;
  #pinned = false;
  #lookedAt = 0;
  #dragged = false;
  #pointer = "mouse";
  #missed = false;
  #number = (charts += 1);
  #resizes;
  #themes;
  #listening = new AbortController();

  /**
   * @param {HTMLElement} element With `data-chart-query`; with `data-chart-source`, if not everybody's trends answer it.
   * @param {{onData?(view: object): void, onSpan?(from: number, to: number): void}} [around]
   */
  constructor(element, { onData = () => {}, onSpan = null } = {}) {
    this.#element = element;
    this.#on = { data: onData, span: onSpan };
    this.#build();
    this.#resizes = new ResizeObserver(() => this.#resize());
    this.#resizes.observe(this.#panels);
    this.#themes = new MutationObserver(() => this.redraw());
    this.#themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const { signal } = this.#listening;
    document.addEventListener("visibilitychange", () => document.hidden || this.#tail(), { signal });
    document.addEventListener("signed-in", () => this.#paused || this.#load(), { signal });
    window.addEventListener("online", () => this.#tail(), { signal });
    this.ask(element.dataset.chartQuery);
  }

  get view() {
    return this.#view;
  }

  /** Where the bucket under the cursor begins; null while there is none. */
  get bucketStart() {
    return this.#bucket === null ? null : this.#view.data.start + this.#bucket * this.#view.data.step;
  }

  get plots() {
    return this.#plots;
  }

  get #panels() {
    return this.#element.querySelector(".chart-panels");
  }

  /** Another chart in the same place. */
  ask(query) {
    this.#query = new URLSearchParams(query);
    this.#element.querySelector(".chart-open").href = `/trends?${this.#query}`;
    this.release();
    return this.#load();
  }

  /** Stop or go on following the present. */
  pause(paused) {
    this.#paused = paused;
    clearTimeout(this.#timer);
    if (!paused) {
      this.release();
      this.#load();
    }
    this.#drawFollow();
  }

  /** Look at the newest values again. */
  release() {
    this.#pinned = false;
    for (const plot of this.#plots) plot.cursor._lock = false;
    this.#point(null);
    if (this.#view) this.#view.chosenMark = null;
    if (this.#missed) this.#load();
    this.#drawFollow();
  }

  /** Show a moment, and the mark that it belongs to. */
  show(ms, mark = null) {
    const { data } = this.#view;
    if (ms < data.start || ms >= data.start + data.count * data.step) return;
    this.#view.chosenMark = mark;
    this.#pinned = true;
    this.#moveTo(Math.floor((ms - data.start) / data.step));
    this.redraw();
  }

  /** Draw once more: the theme is another one, or a mark was chosen. */
  redraw() {
    for (const plot of this.#plots) plot.redraw(false, true);
  }

  /** Leave the page. */
  dispose() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#listening.abort();
    this.#resizes.disconnect();
    this.#themes.disconnect();
    this.#clearPlots();
  }

  #build() {
    const level = Number(this.#element.dataset.chartLevel) || 2;
    const summary = `chart-summary-${this.#number}`;
    this.#element.classList.add("chart");
    this.#element.innerHTML = `
      <div class="chart-head"><h${level} class="chart-title"></h${level}><span class="tag chart-tag" hidden></span></div>
      <p class="chart-summary" id="${summary}"></p>
      <div class="chart-state" role="status" hidden><span></span> <button type="button" class="button" data-chart-retry></button></div>
      <div class="chart-panels" tabindex="0" role="group" aria-describedby="${summary}"></div>
      <div class="readout">
        <div class="readout-head"><span class="readout-time"></span><a class="button chart-open" hidden></a><button type="button" class="button chart-follow" hidden></button></div>
        <ul class="readout-list"></ul>
        <p class="visually-hidden readout-live" aria-live="polite"></p>
      </div>
      <ul class="chart-notices"></ul>
      <details class="chart-table"><summary>${escaped(word("chart.table"))}</summary>
        <div class="scroll-region" role="region" tabindex="0" aria-label="${escaped(word("chart.table"))}"><table><thead><tr></tr></thead><tbody></tbody></table></div>
        <button type="button" class="button" data-more-rows hidden></button>
      </details>`;
    this.#readout = new Readout(this.#element.querySelector(".readout"));
    this.#table = new Table(this.#element.querySelector(".chart-table"));
    this.#element.querySelector("[data-chart-retry]").textContent = word("chart.retry");
    this.#element.querySelector("[data-chart-retry]").addEventListener("click", () => this.#load());
    const open = this.#element.querySelector(".chart-open");
    open.hidden = this.#element.closest("[data-trends]") !== null || "chartSource" in this.#element.dataset;
    open.textContent = word("chart.open");
    this.#element.querySelector(".chart-tag").textContent = word("chart.demo");
    this.#element.querySelector(".chart-follow").addEventListener("click", () => this.#toggleFollow());
    this.#panels.addEventListener("keydown", (event) => this.#key(event));
    this.#panels.addEventListener("pointerdown", (event) => this.#touch(event));
    this.#panels.addEventListener("pointermove", (event) => this.#touch(event));
    this.#panels.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && !this.#pinned && this.release());
    this.#panels.addEventListener("click", (event) => event.target.closest(".u-over") && this.#pin());
  }

  async #load() {
    this.#missed = false;
    clearTimeout(this.#timer);
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    this.#element.setAttribute("aria-busy", "true");
    const slow = setTimeout(() => this.#say("slow", word("chart.slow")), SLOW_MS);
    try {
      const response = await fetch(this.#address(), { signal: asking.signal });
      if (response.redirected) return this.#say("error", word("chart.signed_out"), { retry: false });
      if (response.status >= 500) return this.#failed();
      const data = await response.json();
      if (!response.ok) return this.#say("error", data.error, { retry: false });
      this.#take(data);
      this.#say("");
      this.#plan();
    } catch (error) {
      if (error.name !== "AbortError") this.#lost();
    } finally {
      clearTimeout(slow);
      if (asking === this.#asking) this.#element.setAttribute("aria-busy", "false");
    }
  }

  #address(after = null) {
    const asked = new URLSearchParams(this.#query);
    asked.set("width", String(Math.max(100, Math.round(this.#element.clientWidth - AXIS_PX))));
    asked.set("lang", document.documentElement.lang === "en" ? "en" : "zh-hans");
    if (after !== null) asked.set("after", String(after));
    return `${this.#element.dataset.chartSource ?? "/trends/data"}?${asked}`;
  }

  /** What is new since the last time, unless nobody looks or somebody inspects. */
  async #tail() {
    clearTimeout(this.#timer);
    if (!this.#view?.data.live || this.#paused || document.hidden) return;
    if (this.#isInspected) {
      this.#missed = true;
      this.#drawFollow();
      return this.#plan();
    }
    const before = this.#view.data;
    const known = before.start + Math.max(0, before.count - 2) * before.step;
    try {
      const response = await fetch(this.#address(known), { signal: this.#asking?.signal });
      if (response.redirected || !response.ok) return this.#load();
      const data = carriedOn(before, await response.json());
      if (!data) return this.#load();
      if (this.#isInspected || this.#view.data !== before) return this.#plan();
      this.#take(data);
      this.#say("");
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#lost();
    }
    this.#plan();
  }

  #plan() {
    clearTimeout(this.#timer);
    if (!this.#view?.data.live || this.#paused) return;
    this.#timer = setTimeout(() => this.#tail(), Math.min(LATEST_MS, Math.max(SOONEST_MS, this.#view.data.step)));
  }

  /** The server is there and has no answer: it is asked again by itself. */
  #failed() {
    this.#say("error", word("chart.failed"));
    this.#timer = setTimeout(() => this.#load(), AGAIN_MS);
  }

  #lost() {
    const shown = this.#view ? word("chart.offline", { time: fullMoment(this.#view.data.now, this.#view.data.zone) }) : word("chart.unreachable");
    this.#say("offline", shown);
    if (this.#view) this.#plan();
    else this.#timer = setTimeout(() => this.#load(), AGAIN_MS);
  }

  #take(data) {
    const before = this.#view;
    const fresh = {
      data,
      hours: data.live ? Number(this.#query.get("hours") ?? 24) : null,
      times: timesOf(data),
      curves: data.series.map((s) => curveOf(s, s.data)),
      others: data.series.map((s, i) => (data.compare?.series[i] ? curveOf(s, data.compare.series[i]) : null)),
      looks: looksOf(data.series),
      names: shortNames(data.series),
      chosenMark: null,
    };
    if (before && this.#plots.length && layout(before.data) === layout(data)) {
      Object.assign(before, fresh); // the panels read the view that they were drawn with
      this.#refresh();
    } else {
      this.#view = fresh;
      this.#draw();
    }
    this.#drawWords();
    this.#table.update(this.#view);
    Object.assign(this.#element.dataset, { chartReady: "true", chartBuckets: data.count, chartEnd: data.start + data.count * data.step });
    // After the next frame the curves are on the screen: benchmarks read when that was.
    requestAnimationFrame(() => setTimeout(() => (this.#element.dataset.chartDrawn ??= performance.now())));
    this.#on.data(this.#view);
  }

  #drawWords() {
    const { data } = this.#view;
    const title = titleOf(this.#view);
    this.#element.querySelector(".chart-title").textContent = title;
    this.#element.querySelector(".chart-summary").textContent = summaryOf(this.#view);
    this.#panels.setAttribute("aria-label", word("chart.keys", { title }));
    this.#element.querySelector(".chart-tag").hidden = !data.series.some((s) => s.simulated);
    const damaged = data.unreadable.map(({ point, start, end }) =>
      word("chart.damaged", { point: data.series.find((s) => s.key === point)?.label ?? point, from: fullMoment(start, data.zone), to: fullMoment(end, data.zone) }),
    );
    const cut = data.cut_off.map((kind) => word(`chart.cut_${kind}`));
    const alone = data.compare ? data.series.filter((s, i) => !data.compare.series[i]).map((s) => word("chart.alone", { label: s.label, other: data.compare.label })) : [];
    const many = window.innerWidth < PHONE_PX && data.series.length > MOST_ON_A_PHONE ? [word("chart.many", { n: MOST_ON_A_PHONE })] : [];
    const empty = data.series.length && isEmpty(data) ? [word("chart.empty")] : [];
    const items = [...empty, ...data.notice, ...damaged, ...alone, ...cut, ...many].map((text) => Object.assign(document.createElement("li"), { textContent: text }));
    this.#element.querySelector(".chart-notices").replaceChildren(...items);
  }

  #draw() {
    this.#clearPlots();
    const { data } = this.#view;
    const panels = panelsOf(data.series);
    const size = window.innerWidth < PHONE_PX ? "phone" : "desk";
    const on = { cursor: (u) => this.#followCursor(u), select: (u) => this.#select(u) };
    this.#panels.hidden = panels.length === 0;
    this.#element.querySelector(".readout").hidden = panels.length === 0;
    this.#element.querySelector(".chart-table").hidden = panels.length === 0;
    this.#panels.replaceChildren();
    panels.forEach((panel, i) => {
      const box = document.createElement("div");
      box.className = "chart-panel";
      const name = Object.assign(document.createElement("p"), { className: "chart-unit", textContent: [panel.name, panel.unit].filter(Boolean).join(" · ") });
      if (panel.kind === "lines") box.append(name);
      this.#panels.append(box);
      const height = panels.length === 1 ? TALL[size] : i === 0 ? Math.round(TALL[size] * 0.8) : LOW[size];
      const place = { width: this.#panels.clientWidth, height, isFirst: i === 0, isLast: i === panels.length - 1, syncKey: `chart-${this.#number}`, on };
      this.#plots.push(Object.assign(drawPanel(box, this.#view, panel, place), { panel }));
    });
    this.#readout.build(this.#view);
    this.#readout.draw(this.#view, this.#bucket);
    this.#drawFollow();
  }

  /** New numbers in the same panels. */
  #refresh() {
    for (const plot of this.#plots) plot.setData(dataOf(this.#view, plot.panel));
    this.#readout.draw(this.#view, this.#bucket);
    this.#drawFollow();
  }

  #clearPlots() {
    for (const plot of this.#plots) plot.destroy();
    this.#plots = [];
  }

  #resize() {
    const width = this.#panels.clientWidth;
    if (!width || !this.#plots.length || this.#plots[0].width === width) return;
    for (const plot of this.#plots) plot.setSize({ width, height: plot.height });
  }

  get #isInspected() {
    return this.#pinned || (this.#bucket !== null && performance.now() - this.#lookedAt < LOOKS_FOR_MS);
  }

  #followCursor(u) {
    if (!this.#view || this.#pinned) return;
    const bucket = cursorBucket(u, this.#view.data);
    if (bucket === null && !this.#panels.matches(":hover")) return;
    this.#lookedAt = performance.now();
    this.#point(bucket);
  }

  #point(bucket) {
    if (bucket === this.#bucket) return;
    this.#bucket = bucket;
    if (this.#view) this.#readout.draw(this.#view, bucket);
    if (bucket === null) for (const plot of this.#plots) plot.setCursor({ left: -10, top: -10 }, false);
    this.#drawFollow();
  }

  /** A click holds the cursor where it is, and lets it go again. */
  #pin() {
    const dragged = this.#dragged;
    this.#dragged = false;
    if (dragged || this.#bucket === null || this.#pointer !== "mouse") return;
    this.#pinned = !this.#pinned;
    for (const plot of this.#plots) plot.cursor._lock = this.#pinned;
    this.#drawFollow();
  }

  /** A finger chooses the time; the page still scrolls up and down under it. */
  #touch(event) {
    const over = event.target.closest?.(".u-over");
    if (event.type === "pointerdown") this.#pointer = event.pointerType;
    if (event.pointerType === "mouse" || !over || !this.#plots.length) return;
    const left = event.clientX - over.getBoundingClientRect().left;
    this.#pinned = true;
    const { data } = this.#view;
    this.#moveTo(Math.floor((this.#plots[0].posToVal(left, "x") - data.start) / data.step));
  }

  #moveTo(bucket) {
    const { data } = this.#view;
    const at = Math.min(data.count - 1, Math.max(0, bucket));
    this.#lookedAt = performance.now();
    this.#point(at);
    for (const plot of this.#plots) {
      plot.setCursor({ left: plot.valToPos(data.start + (at + 0.5) * data.step, "x"), top: 10 }, false);
    }
  }

  #key(event) {
    if (!this.#view?.data.count || event.target !== this.#panels) return;
    const { count } = this.#view.data;
    const here = this.#bucket ?? count - 1;
    const page = Math.max(1, Math.round(count / 12));
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, PageUp: here - page, PageDown: here + page, Home: 0, End: count - 1 }[event.key];
    if (event.key === "Escape") this.release();
    if (to === undefined) return;
    event.preventDefault();
    this.#pinned = true;
    this.#moveTo(to);
    this.#readout.say(this.#view, this.#bucket);
  }

  #select(u) {
    const { left, width } = u.select;
    this.#dragged = width > 0;
    if (width < 8 || !this.#on.span) return;
    this.#on.span(u.posToVal(left, "x"), u.posToVal(left + width, "x"));
    u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  }

  #toggleFollow() {
    if (this.#pinned || this.#missed) this.release();
    else this.pause(!this.#paused);
  }

  #drawFollow() {
    const button = this.#element.querySelector(".chart-follow");
    const isLive = Boolean(this.#view?.data.live);
    const held = this.#pinned || this.#missed;
    button.hidden = !isLive && !this.#pinned;
    const state = held ? (isLive ? "held" : "pinned") : this.#paused ? "paused" : "following";
    this.#element.dataset.chartFollow = isLive ? state : "fixed";
    button.textContent = word(`chart.do_${state}`);
  }

  #say(kind, text = "", { retry = true } = {}) {
    const state = this.#element.querySelector(".chart-state");
    state.hidden = !kind;
    state.querySelector("span").textContent = text;
    state.querySelector("button").hidden = !retry;
    this.#element.dataset.chartState = kind || "shown";
  }
}

/** What makes panels what they are; the same as before needs only new numbers. */
function layout(data) {
  return JSON.stringify([data.series.map((s) => [s.key, s.label]), data.compare?.series.map(Boolean) ?? null]);
}

function escaped(text) {
  return Object.assign(document.createElement("span"), { textContent: text }).innerHTML;
}
