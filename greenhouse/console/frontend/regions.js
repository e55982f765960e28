// Parts of a page that the server writes again, in the page's language, when something in them has changed.

const PATIENCE_MS = 15000;

export function refreshRegions(selector) {
  for (const region of document.querySelectorAll(selector)) replaceRegion(region);
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
    if (!region.isConnected || region.innerHTML === html) return;
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    region.innerHTML = html;
    if (focused) document.getElementById(focused)?.focus();
    region.dispatchEvent(new CustomEvent("region-replaced", { bubbles: true }));
  } catch {
    // The link is gone: the banner says so, and the next snapshot asks again.
  }
}
