// The page of curves: what is asked for stands in its address, and every control changes that address.

import { word } from "../values/words.js";
import { drawEvents } from "./events.js";
import { pictureOf, save } from "./picture.js";
import { fieldMoment, fieldValue } from "./times.js";

const SHORTEST_MS = 60000;

/**
 * Wire the controls of the page to its chart.
 *
 * @param {HTMLElement} page
 * @param {(around: object) => import("./chart.js").Chart} mount Makes the chart.
 */
export function wirePage(page, mount) {
  const query = new URLSearchParams(page.querySelector("[data-chart]").dataset.chartQuery);
  const events = page.querySelector("[data-events]");
  const chart = mount({
    onData: (view) => {
      drawEvents(events, view, (mark) => {
        chart.show(mark.at, mark);
        page.querySelector(".chart-panels").scrollIntoView({ block: "nearest" });
      });
      drawControls(view);
    },
    onSpan: (from, to) => ask({ from: moment(from), to: moment(to), hours: null }),
  });

  function ask(changes, { push = true } = {}) {
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === "") query.delete(name);
      else query.set(name, value);
    }
    remember(push);
    return chart.ask(query);
  }

  /** The address holds the whole view: points, time, comparison, language. */
  function remember(push) {
    const lang = document.documentElement.lang === "en" ? "en" : "zh-hans";
    const address = `/trends?${addressOf(query)}&lang=${lang}`;
    history[push ? "pushState" : "replaceState"]({ trends: true }, "", address);
    for (const field of page.querySelectorAll("[data-keeps-address]")) field.value = address;
    const picker = page.querySelector("[data-pick]");
    picker.href = `/trends/points?${addressOf(query)}`;
    const step = page.querySelector("[data-csv-step]").value;
    page.querySelector("[data-csv]").href = `/trends/export.csv?${addressOf(query)}&lang=${lang}${step && `&step=${step}`}`;
    drawChosen();
  }

  function drawChosen() {
    for (const link of page.querySelectorAll("[data-hours]")) link.setAttribute("aria-current", String(link.dataset.hours === (query.get("from") ? "" : (query.get("hours") ?? "24"))));
    page.querySelector("[name=compare]").value = query.get("compare") ?? "";
    const count = (query.get("points") ?? "").split(",").filter(Boolean).length;
    page.querySelector("[data-count]").textContent = String(count);
    page.querySelector("[data-points-field]").value = query.get("points") ?? "";
  }

  function drawControls(view) {
    const { data } = view;
    const [from, to] = [data.start, data.start + data.count * data.step];
    const live = page.querySelector("[data-now]");
    live.hidden = data.live;
    for (const form of page.querySelectorAll("[data-span-form]")) {
      if (form.contains(document.activeElement)) continue;
      form.elements.from.value = fieldValue(from, data.zone);
      form.elements.to.value = fieldValue(to, data.zone);
    }
  }

  /** Move or stretch the span: by how much of its length, and about which part of it. */
  function move(shift, stretch) {
    if (!chart.view) return;
    const { start, step, count } = chart.view.data;
    const length = count * step;
    const middle = start + length / 2 + shift * length;
    const half = Math.max(SHORTEST_MS, length * stretch) / 2;
    ask({ from: moment(middle - half), to: moment(middle + half), hours: null });
  }

  function moment(ms) {
    return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
  }

  page.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-hours]");
    if (link && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      ask({ hours: link.dataset.hours, from: null, to: null });
    }
    const mover = event.target.closest("[data-move]");
    if (mover) move(...mover.dataset.move.split(" ").map(Number));
    if (event.target.closest("[data-now]")) ask({ hours: query.get("hours") ?? "24", from: null, to: null });
    if (event.target.closest("[data-png]") && chart.plots.length) save(pictureOf(chart.view, chart.plots), `${fieldValue(chart.view.data.start, chart.view.data.zone).replace(/\D/g, "")}.png`);
    if (event.target.closest("[data-here]")) fillNote(event.target.closest("form"));
  });

  /** A note about what the cursor stands on. */
  function fillNote(form) {
    const at = chart.bucketStart;
    if (at === null) return;
    form.elements.from.value = fieldValue(at, chart.view.data.zone);
    form.elements.to.value = fieldValue(at + chart.view.data.step, chart.view.data.zone);
  }

  page.querySelector("[data-csv-step]").addEventListener("change", () => remember(false));
  document.addEventListener("click", (event) => {
    for (const open of page.querySelectorAll("details.trends-own[open]")) if (!open.contains(event.target)) open.open = false;
  });
  page.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && page.querySelector("details.trends-own[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
  page.querySelector("[name=compare]").addEventListener("change", (event) => ask({ compare: event.target.value }));
  page.querySelector("[data-own-span]").addEventListener("submit", (event) => {
    event.preventDefault();
    const { zone } = chart.view?.data ?? { zone: document.documentElement.dataset.timeZone };
    const [from, to] = ["from", "to"].map((name) => fieldMoment(event.target.elements[name].value, zone));
    if (Number.isNaN(from) || Number.isNaN(to)) return;
    ask({ from: moment(from), to: moment(to), hours: null });
    event.target.closest("details").open = false;
  });
  wirePicker(page, (points) => ask({ points }));
  window.addEventListener("popstate", () => location.reload());
  remember(false);
  return chart;
}

/** The parameters of an address as people can read them: commas and colons as they are. */
function addressOf(query) {
  const kept = new URLSearchParams([...query].filter(([name]) => ["points", "hours", "from", "to", "compare"].includes(name)));
  if (!kept.has("points")) kept.set("points", "");
  return kept.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

/** The choice of points in a dialog; without it the link leads to a page of its own. */
function wirePicker(page, onPicked) {
  const dialog = document.getElementById("picker");
  page.querySelector("[data-pick]").addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const { href } = event.currentTarget;
    try {
      const response = await fetch(href, { headers: { "X-Fragment": "1" } });
      if (!response.ok || response.redirected) throw new Error("no list");
      dialog.innerHTML = await response.text();
    } catch {
      location.assign(href);
      return;
    }
    wireChoice(dialog);
    dialog.showModal();
    dialog.querySelector("h2").focus();
  });
  dialog.addEventListener("click", (event) => (event.target === dialog || event.target.closest("[data-close-sheet]")) && dialog.close());
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    onPicked([...new FormData(event.target).getAll("point")].join(","));
    dialog.close();
  });
}

/** Search and count in a list of points. */
export function wireChoice(root) {
  const form = root.querySelector("[data-choice]");
  if (!form) return;
  const search = form.querySelector("[type=search]");
  const most = Number(form.dataset.most);
  const count = () => {
    const boxes = [...form.querySelectorAll("[name=point]")];
    const chosen = boxes.filter((box) => box.checked).length;
    form.querySelector("[data-chosen]").textContent = word("chart.chosen", { n: chosen, most });
    for (const box of boxes) box.disabled = !box.checked && chosen >= most;
    for (const place of form.querySelectorAll("details")) {
      const here = place.querySelectorAll("[name=point]:checked").length;
      place.querySelector("[data-here-chosen]").textContent = here ? String(here) : "";
    }
  };
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const place of form.querySelectorAll("details")) {
      let here = 0;
      for (const option of place.querySelectorAll("label.option")) {
        const hit = words.every((part) => option.dataset.words.toLowerCase().includes(part));
        option.hidden = !hit;
        here += hit;
      }
      for (const group of place.querySelectorAll(".pick-group")) group.hidden = !group.querySelector("label.option:not([hidden])");
      place.hidden = here === 0;
      place.open = words.length > 0 && here > 0 ? true : words.length ? false : place.querySelector(":checked") !== null;
      found += here;
    }
    form.querySelector("[data-none-found]").hidden = found > 0;
  });
  form.addEventListener("change", count);
  form.addEventListener("click", (event) => {
    if (!event.target.closest("[data-clear]")) return;
    for (const box of form.querySelectorAll("[name=point]:checked")) box.checked = false;
    count();
  });
  count();
}
