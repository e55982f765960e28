// Parts of the page that the server writes again, in the page's language, when something in them has changed.

let isPaused = false;
const missed = new Set();

const PATIENCE_MS = 15000;

const SOON_MS = 5000;
const MINUTE_MS = 60000;
const written = new WeakMap();
const owed = new Set(); // regions whose last question had no answer: what changed is told only once
let soonMs = 0;
let minuteMs = 0;

/** Bring up to date what no single frame tells of. Called at each frame; asks no faster than people read. */
export function keepUp(nowMs) {
  if (nowMs >= minuteMs) {
    if (minuteMs > 0) {
      refreshRegions("[data-follows~=minutes]");
      refreshAround("[data-held]"); // somebody may have put the end off elsewhere
    }
    minuteMs = nowMs + MINUTE_MS;
  }
  if (nowMs < soonMs) return;
  soonMs = nowMs + SOON_MS;
  refreshRegions("[data-follows=base]");
  const waiting = [...owed];
  owed.clear();
  for (const region of waiting) if (region.isConnected) refresh(region);
  // Frames tell of the requests of a page's own place; what is opened in its sheet may be of another one.
  refreshAround("[data-unsettled]");
}

function refreshAround(mark) {
  const regions = [...document.querySelectorAll(`[data-live-region] ${mark}`)].map((found) => found.closest("[data-live-region]"));
  new Set(regions).forEach(refresh);
}

export function refreshRegions(selector) {
  for (const region of document.querySelectorAll(selector)) refresh(region);
}

/** Let lists stand still while somebody reads them, or bring them up to date again. Nothing urgent is such a list. */
export function pauseLists(paused) {
  isPaused = paused;
  const waiting = [...missed];
  missed.clear();
  if (!paused) waiting.forEach(refresh);
  for (const note of document.querySelectorAll("[data-paused-note]")) note.hidden = !paused;
  for (const button of document.querySelectorAll("[data-lists][aria-pressed]")) {
    button.setAttribute("aria-pressed", String((button.dataset.lists === "paused") === paused));
  }
}

function refresh(region) {
  if (isPaused && "pausable" in region.dataset) missed.add(region);
  else replaceRegion(region);
}

const asked = new Map(); // regions whose answer is awaited -> whether they are to be asked for once more

/** One question at a time for each region, or a slow answer would write over a newer one. */
async function replaceRegion(region) {
  if (asked.has(region)) {
    asked.set(region, true);
    return;
  }
  asked.set(region, false);
  await askFor(region);
  const again = asked.get(region);
  asked.delete(region);
  if (again && region.isConnected) replaceRegion(region);
}

async function askFor(region) {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(region.dataset.liveRegion, { headers: { "X-Fragment": "1" }, signal });
    if (response.status >= 500 || response.status === 429 || response.redirected) owed.add(region);
    if (!response.ok || response.redirected) return;
    const html = await response.text();
    if (isWrittenIn(region)) {
      owed.add(region);
      return;
    }
    if (!region.isConnected || region.innerHTML === html || written.get(region) === html) return;
    written.set(region, html);
    const details = new Map([...region.querySelectorAll("details[id]")].map((part) => [part.id, part.open]));
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    region.innerHTML = html;
    for (const [id, open] of details) document.getElementById(id)?.toggleAttribute("open", open);
    if (focused) document.getElementById(focused)?.focus();
    region.dispatchEvent(new CustomEvent("region-replaced", { bubbles: true }));
  } catch {
    owed.add(region); // The link is gone or slow; frames go on when it is back.
  }
}

/** Whether somebody is typing in it: their words would be lost. */
function isWrittenIn(region) {
  return [...region.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue);
}
