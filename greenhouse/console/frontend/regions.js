// Parts of the page that the server writes again, in the page's language, when something in them has changed.

let isPaused = false;
const missed = new Set();

const PATIENCE_MS = 15000;

const BASE_EVERY_MS = 5000;
const written = new WeakMap();
let nextBaseMs = 0;

// What shows how the whole base stands follows every frame, but not faster than people read.
export function refreshBase(nowMs) {
  if (nowMs < nextBaseMs) return;
  nextBaseMs = nowMs + BASE_EVERY_MS;
  refreshRegions("[data-follows=base]");
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
    if (!response.ok || response.redirected) return;
    const html = await response.text();
    if (!region.isConnected || region.innerHTML === html || written.get(region) === html) return;
    written.set(region, html);
    const details = new Map([...region.querySelectorAll("details[id]")].map((part) => [part.id, part.open]));
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    region.innerHTML = html;
    for (const [id, open] of details) document.getElementById(id)?.toggleAttribute("open", open);
    if (focused) document.getElementById(focused)?.focus();
    region.dispatchEvent(new CustomEvent("region-replaced", { bubbles: true }));
  } catch {
    // The link is gone: the banner says so, and the next snapshot asks again.
  }
}
