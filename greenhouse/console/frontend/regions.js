// Parts of a page that the server writes again, in the page's language, when something in them has changed.

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
  for (const region of document.querySelectorAll(selector)) replaceRegion(region);
}

async function replaceRegion(region) {
  try {
    const response = await fetch(region.dataset.liveRegion, { headers: { "X-Fragment": "1" } });
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
