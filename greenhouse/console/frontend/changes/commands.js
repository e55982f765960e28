// Requests on their way: the wish beside its setpoint, and the parts of the page that list requests.

import { formatNumber } from "../values/numbers.js";
import { refreshRegions } from "../page/regions.js";

const OPEN = new Set(["awaiting_approval", "requested", "dispatched", "accepted"]);
const PAUSE_MS = 150;
const KEPT = 50; // as many as the server keeps; a page may stay open for a month

export class Commands {
  #known = new Map();
  #timer = 0;

  /** Take the requests of a frame in; what lists them is asked for again, ready-made in the page's language. */
  learn(commands, { snapshot }) {
    if (snapshot) this.#known.clear();
    for (const command of commands) this.#known.set(command.id, command);
    this.#forgetOld();
    if (commands.length === 0 && !snapshot) return;
    this.drawWishes();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), PAUSE_MS);
  }

  drawWishes() {
    for (const setpoint of document.querySelectorAll("[data-setpoint]")) {
      const command = this.#openFor(setpoint.dataset.setpoint);
      setpoint.querySelector("[data-wish]").hidden = !command;
      if (command) setpoint.querySelector("[data-wish-number]").textContent = text(setpoint, command.value);
      const none = setpoint.querySelector("[data-no-wish]");
      if (none) none.hidden = Boolean(command);
    }
  }

  /** How many requests are known. */
  get count() {
    return this.#known.size;
  }

  #forgetOld() {
    const newestFirst = [...this.#known.values()].sort((a, b) => b.created - a.created);
    for (const { id, state } of newestFirst.slice(KEPT)) if (!OPEN.has(state)) this.#known.delete(id);
  }

  refresh() {
    refreshRegions("[data-live-region]:not([data-follows]), [data-follows~=commands]");
  }

  #openFor(point) {
    const open = [...this.#known.values()].filter((command) => command.point === point && OPEN.has(command.state));
    return open.sort((a, b) => b.created - a.created)[0];
  }
}

function text(element, value) {
  const { resolution, decimals, states } = element.dataset;
  if (states) return JSON.parse(states)[String(value)] ?? String(value);
  return formatNumber(value, { resolution: Number(resolution), decimals: Number(decimals) });
}
