// Small helpers to move drawings: an attribute is written only when it is another.

export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    if (element && element.getAttribute(name) !== text) {
      element.setAttribute(name, text);
    }
  }
}

export function part(root, name) {
  return root.querySelector(`[data-part="${name}"]`);
}

export function setText(element, text) {
  if (element && element.textContent !== text) {
    element.textContent = text;
  }
}

// How much of the day is over: below 0 before sunrise, above 1 after sunset. Null where the sun does not rise.
export function shareOfDay(data, nowMs) {
  return data.rise === null || data.set === null ? null : (nowMs - data.rise) / (data.set - data.rise);
}
