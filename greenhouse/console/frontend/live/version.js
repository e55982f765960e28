// Offers the page anew when the server has another version of it. Nothing is loaded without being asked for: somebody
// may be in the middle of an entry.

export class Version {
  #banner = document.getElementById("version-banner");

  start() {
    this.#banner?.querySelector("button").addEventListener("click", () => location.reload());
  }

  /** Take over which version of pages fits the server now. */
  learn(version) {
    if (!this.#banner || !version) return;
    this.#banner.hidden = version === this.#banner.dataset.version;
  }
}
