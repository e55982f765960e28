// Requests on their way: the wish beside its setpoint, and the parts of the page that list requests.

import { formatNumber } from "./numbers.js";

const OPEN = new Set(["requested", "dispatched", "accepted"]);
const PAUSE_MS = 150;

export class Commands {
  #known = new Map();
  #timer = 0;

  /** Take the requests of a frame in; what lists them is asked for again, ready-made in the page's language. */
  learn(commands, { snapshot }) {
    if (snapshot) this.#known.clear();
    for (const command of commands) this.#known.set(command.id, command);
    if (commands.length === 0 && !snapshot) return;
    this.drawWishes();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), PAUSE_MS);
  }

  drawWishes() {
    for (const setpoint of document.querySelectorAll("[data-setpoint]")) {
      const command = this.#openFor(setpoint.dataset.setpoint);
      const wish = setpoint.querySelector(".setpoint-wish");
      if (!wish) continue;
      wish.hidden = !command;
      if (command) wish.querySelector(".wish-number").textContent = text(setpoint, command.value);
    }
  }

  refresh() {
    for (const region of document.querySelectorAll("[data-live-region]")) replaceRegion(region);
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

async function replaceRegion(region) {
  try {
    const response = await fetch(region.dataset.liveRegion, { headers: { "X-Fragment": "1" } });
    if (!response.ok || response.redirected) return;
    const html = await response.text();
    if (!region.isConnected || region.innerHTML === html) return;
    region.innerHTML = html;
    region.dispatchEvent(new CustomEvent("region-replaced", { bubbles: true }));
  } catch {
    // The link is gone: the banner says so, and the next snapshot asks again.
  }
}
