// The socket to the server: it comes back by itself, notices silence, and asks for a snapshot when a frame is missing.

import { Elapsed } from "./elapsed.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30000;
const SILENCE_MS = 8000; // the server says something every 2 s
const STEADY_MS = 10000; // a link that holds so long is a good one: the next attempt is a first one again
const ASK_AGAIN_MS = 5000;
const ENDS = new Map([
  [4401, "signed-out"],
  [4403, "not-allowed"],
]);
const TOO_MANY = 4429;

/** How long to wait before the n-th attempt (from 1), half of it by chance so that not all phones come at once. */
export function waitBefore(attempt, random = Math.random) {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
  return wait / 2 + (random() * wait) / 2;
}

/** A frame says once what most of its points have in common: every point whole again. */
export function whole(frame) {
  const points = Object.entries(frame.points).map(([key, point]) => [key, { ...frame.usual, ...point }]);
  return { ...frame, points: Object.fromEntries(points) };
}

export class Link {
  #address;
  #onFrame;
  #onState;
  #socket = null;
  #heard = new Elapsed();
  #linked = null; // since when, while linked
  #asked = null; // since when a snapshot is awaited
  #last = { sequence: -1, epoch: "" };
  #attempt = 0;
  #retry = 0;

  /** State: "connecting", "linked", "lost", "signed-out" or "not-allowed". The last two end it. */
  state = "connecting";

  /** Whether the server takes no more pages of this person. */
  isOneTooMany = false;

  constructor(address, { onFrame, onState }) {
    this.#address = address;
    this.#onFrame = onFrame;
    this.#onState = onState;
  }

  start() {
    this.#connect();
    setInterval(() => this.#listenForSilence(), 1000);
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
    document.addEventListener("freeze", () => this.#rest());
    document.addEventListener("resume", () => this.wake());
    window.addEventListener("online", () => this.wake());
    window.addEventListener("offline", () => this.#lose());
    window.addEventListener("pagehide", () => this.#rest());
    window.addEventListener("pageshow", (event) => event.persisted && this.wake());
  }

  /** The page is looked at again: do not wait for the next attempt. */
  wake() {
    this.#listenForSilence();
    if (this.state !== "lost") return;
    this.#attempt = 0;
    this.#connect();
  }

  /** Somebody has signed in again: begin anew. */
  restart() {
    this.#attempt = 0;
    this.#connect();
    this.#enter("connecting");
  }

  get attempt() {
    return this.#attempt;
  }

  #connect() {
    clearTimeout(this.#retry);
    this.#drop();
    const socket = new WebSocket(this.#address);
    this.#socket = socket;
    this.#heard = new Elapsed();
    this.#asked = null;
    socket.addEventListener("message", (event) => socket === this.#socket && this.#hear(whole(JSON.parse(event.data))));
    socket.addEventListener("close", (event) => socket === this.#socket && this.#lose(event.code));
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #hear(frame) {
    this.#heard = new Elapsed();
    this.#linked ??= new Elapsed();
    this.isOneTooMany = false;
    const follows = frame.epoch === this.#last.epoch && frame.sequence === this.#last.sequence + (frame.type === "changes" ? 1 : 0);
    if (frame.type === "snapshot" || follows) {
      this.#last = { sequence: frame.sequence, epoch: frame.epoch };
      this.#asked = null;
    } else if (!this.#asked || this.#asked.ms > ASK_AGAIN_MS) {
      this.#asked = new Elapsed();
      this.#socket.send(JSON.stringify({ resume: Math.max(this.#last.sequence, 0), epoch: this.#last.epoch }));
    }
    this.#onFrame(frame);
    this.#enter("linked");
  }

  #listenForSilence() {
    if (this.#socket && this.#heard.ms > SILENCE_MS) this.#lose();
  }

  /** The page goes to sleep, or into the browser's memory of pages gone back from. */
  #rest() {
    if ([...ENDS.values()].includes(this.state)) return;
    this.#forget();
    this.#enter("lost");
  }

  #lose(code) {
    const wasSteady = this.#linked !== null && this.#linked.ms > STEADY_MS;
    this.#forget();
    if (ENDS.has(code)) {
      this.#enter(ENDS.get(code));
      return;
    }
    this.isOneTooMany = code === TOO_MANY;
    this.#attempt = (wasSteady ? 0 : this.#attempt) + 1;
    this.#retry = setTimeout(() => this.#connect(), waitBefore(this.isOneTooMany ? Infinity : this.#attempt));
    this.#enter("lost");
  }

  #forget() {
    this.#drop();
    this.#linked = null;
    clearTimeout(this.#retry);
  }

  #enter(state) {
    const before = this.state;
    this.state = state;
    this.#onState(state, before, this.#attempt);
  }
}
