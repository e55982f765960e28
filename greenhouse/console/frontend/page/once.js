// A form that the browser sends itself is sent once: a wet finger taps twice, and two notes, tokens or decisions are one
// too many.

const PATIENCE_MS = 10000; // without an answer for so long, somebody may try again

/** Watch over the forms of the page. */
export function sendOnce() {
  let sent = new WeakMap(); // form -> when
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    const before = sent.get(form);
    if (before !== undefined && performance.now() - before < PATIENCE_MS) event.preventDefault();
    else sent.set(form, performance.now());
  });
  window.addEventListener("pageshow", () => (sent = new WeakMap()));
}
