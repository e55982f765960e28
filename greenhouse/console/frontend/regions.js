// Parts of a page that the server writes again, in the page's language, when something in them has changed.

export function refreshRegions(selector) {
  for (const region of document.querySelectorAll(selector)) replaceRegion(region);
}

async function replaceRegion(region) {
  try {
    const response = await fetch(region.dataset.liveRegion, { headers: { "X-Fragment": "1" } });
    if (!response.ok || response.redirected) return;
    const html = await response.text();
    if (!region.isConnected || region.innerHTML === html) return;
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
