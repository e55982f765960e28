// The loop of displays: one after the other, without end.

export class Loop {
  constructor(displays, { dwellMs, onShow, onRound }) {
    this.displays = displays;
    this.dwellMs = dwellMs;
    this.onShow = onShow;
    this.onRound = onRound;
    this.position = 0;
    this.changes = 0;
    this.paused = false;
    this.timer = 0;
  }

  start() {
    this.show();
  }

  show() {
    this.displays.forEach((display, number) => {
      const isShown = number === this.position;
      display.classList.toggle("is-shown", isShown);
      display.setAttribute("aria-hidden", String(!isShown));
    });
    document.documentElement.dataset.changes = String(this.changes);
    clearTimeout(this.timer);
    if (!this.paused) {
      this.timer = setTimeout(() => this.next(), this.dwellMs(this.displays[this.position]));
    }
    this.onShow(this.displays[this.position]); // last: a fault in a drawing must not end the loop
  }

  next() {
    this.changes += 1;
    this.position = (this.position + 1) % this.displays.length;
    if (this.position === 0) {
      this.onRound();
    }
    this.show();
  }

  pause(paused) {
    this.paused = paused;
    this.show();
  }
}
