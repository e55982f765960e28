// The socket to the server: it comes back by itself, notices silence, and asks for a snapshot when a frame is missing.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30000;
const SILENCE_MS = 8000; // the server says something every 2 s
const SIGNED_OUT = new Set([4401, 4403]);

/** How long to wait before the n-th attempt (from 1), half of it by chance so that not all phones come at once. */
export function waitBefore(attempt, random = Math.random) {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
  return wait / 2 + (random() * wait) / 2;
}

export class Link {
  #address;
  #onFrame;
  #onState;
  #socket = null;
  #heardAt = 0;
  #last = { sequence: -1, epoch: "" };
  #attempt = 0;
  #retry = 0;

  /** State: "connecting", "linked", "lost" or "signed-out". */
  state = "connecting";

  constructor(address, { onFrame, onState }) {
    this.#address = address;
    this.#onFrame = onFrame;
    this.#onState = onState;
  }

  start() {
    this.#connect();
    setInterval(() => this.#listenForSilence(), 1000);
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
    window.addEventListener("online", () => this.wake());
    window.addEventListener("offline", () => this.#lose());
    window.addEventListener("pagehide", () => this.#socket?.close());
    window.addEventListener("pageshow", (event) => event.persisted && this.wake());
  }

  /** The page is looked at again: do not wait for the next attempt. */
  wake() {
    this.#listenForSilence();
    if (this.state === "lost") {
      this.#attempt = 0;
      this.#connect();
    }
  }

  get attempt() {
    return this.#attempt;
  }

  #connect() {
    clearTimeout(this.#retry);
    this.#drop();
    const socket = new WebSocket(this.#address);
    this.#socket = socket;
    this.#heardAt = performance.now();
    socket.addEventListener("message", (event) => socket === this.#socket && this.#hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => socket === this.#socket && this.#lose(event.code));
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #hear(frame) {
    this.#heardAt = performance.now();
    const follows = frame.epoch === this.#last.epoch && frame.sequence === this.#last.sequence + (frame.type === "changes" ? 1 : 0);
    if (frame.type !== "snapshot" && !follows) {
      this.#socket.send(JSON.stringify({ resume: Math.max(this.#last.sequence, 0), epoch: this.#last.epoch }));
    } else {
      this.#last = { sequence: frame.sequence, epoch: frame.epoch };
    }
    this.#attempt = 0;
    this.#onFrame(frame);
    this.#enter("linked");
  }

  #listenForSilence() {
    if (this.#socket && performance.now() - this.#heardAt > SILENCE_MS) this.#lose();
  }

  #lose(code) {
    this.#drop();
    clearTimeout(this.#retry);
    if (SIGNED_OUT.has(code)) {
      this.#enter("signed-out");
      return;
    }
    this.#attempt += 1;
    this.#retry = setTimeout(() => this.#connect(), waitBefore(this.#attempt));
    this.#enter("lost");
  }

  #enter(state) {
    const before = this.state;
    this.state = state;
    this.#onState(state, before, this.#attempt);
  }
}
