// Parts of the page that the server writes again, in the page's language, when something in them has changed.

let isPaused = false;
const missed = new Set();

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

async function replaceRegion(region) {
  try {
    const response = await fetch(region.dataset.liveRegion, { headers: { "X-Fragment": "1" } });
    if (!response.ok || response.redirected) return;
    const html = await response.text();
    if (!region.isConnected || region.innerHTML === html) return;
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    region.innerHTML = html;
    if (focused) document.getElementById(focused)?.focus();
    region.dispatchEvent(new CustomEvent("region-replaced", { bubbles: true }));
  } catch {
    // The link is gone: the banner says so, and the next snapshot asks again.
  }
}
