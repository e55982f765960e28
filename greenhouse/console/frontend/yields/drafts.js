// Harvests that wait on this device, each under the id of its form: of one person, whoever else uses the device.

const PREFIX = "harvest-draft:";

/** An id for a form. Not crypto.randomUUID: a base's own network has no TLS, and browsers keep that one from such pages. */
export function newId(random = (bytes) => crypto.getRandomValues(bytes)) {
  const bytes = random(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export class DraftBox {
  #person;
  #place;
  #words;
  #memory = new Map(); // for a browser that keeps nothing: until the page is closed

  constructor(person, place, words) {
    this.#person = person;
    this.#place = place;
    this.#words = words;
  }

  keep(draft) {
    const kept = { ...draft, person: this.#person };
    try {
      localStorage.setItem(PREFIX + draft.id, JSON.stringify(kept));
    } catch {
      this.#memory.set(draft.id, kept);
    }
  }

  drop(id) {
    this.#memory.delete(id);
    try {
      localStorage.removeItem(PREFIX + id);
    } catch {
      // As above.
    }
  }

  /** Everything that is kept of this person, the oldest first. */
  all() {
    const found = [...this.#memory.values(), ...this.#stored()].filter((draft) => draft.person === this.#person);
    return found.sort((one, other) => one.at - other.at);
  }

  /** What only waits for the link. */
  waiting() {
    return this.all().filter((draft) => !draft.asks);
  }

  draw() {
    const drafts = this.all();
    this.#place.hidden = drafts.length === 0;
    const row = this.#place.querySelector("[data-draft-row]");
    this.#place.querySelector("[data-draft-list]").replaceChildren(...drafts.map((draft) => this.#row(row, draft)));
  }

  #row(template, draft) {
    const row = template.content.cloneNode(true).firstElementChild;
    row.querySelector("[data-draft-weight]").textContent = draft.fields.kg;
    row.querySelector("[data-draft-name]").textContent = draft.name;
    row.querySelector("[data-draft-day]").textContent = draft.fields.day;
    row.querySelector("[data-draft-state]").textContent = draft.asks ?? this.#words.waits;
    row.querySelector("[data-draft-take]").hidden = !draft.asks;
    row.querySelector("[data-draft-take]").addEventListener("click", () => {
      this.drop(draft.id);
      this.draw();
      this.#words.onTake(draft);
    });
    row.querySelector("[data-draft-drop]").addEventListener("click", () => {
      this.drop(draft.id);
      this.draw();
    });
    return row;
  }

  #stored() {
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
      return keys.map((key) => read(localStorage.getItem(key))).filter((draft) => draft !== null);
    } catch {
      return [];
    }
  }
}

function read(text) {
  try {
    const draft = JSON.parse(text);
    return typeof draft?.id === "string" && typeof draft.fields?.kg === "string" ? draft : null;
  } catch {
    return null;
  }
}
