// Records a visit in a telehealth platform's own page, from the streams that the platform has of the call.
//
//   import { openCapture } from "https://notes.clinic.example/static/encounters/capture/capture.js";
//
//   const capture = await openCapture({
//     token: async () => (await (await fetch("/our/capture-token?visit=17")).json()).token,
//     streams: { provider: localStream, patient: remoteStream },
//     onState: (state) => showRecording(state),
//   });
//   await capture.start();          // from a click: browsers start no sound without one
//   await capture.finish();         // everything is at the server, and the note is being written
//
// `token` resolves with what POST /api/v1/encounters/<id>/capture-tokens answered to your server; it is asked for again
// when a token has ended. What was recorded is kept encrypted on this machine until the server has it, and an earlier
// recording of the same visit that was interrupted goes on. README.md beside this file has the rules.

import { Mixer } from "./mixer.js";
import { SegmentRecorder } from "./segments.js";
import { Sender, beginSession, openSession, requestWith } from "./server.js";
import { openStore } from "./store.js";

const SERVER = new URL(import.meta.url).origin;
const SILENT_SECONDS = 15;
const TICK_MS = 500;

// Resolves with a Capture; rejects with an Error whose message is for the person, where this browser can't record or
// the server refuses (nobody has agreed yet, for instance).
export async function openCapture({ token, streams, onState = () => {} }) {
  if (!globalThis.MediaRecorder || !globalThis.indexedDB || !globalThis.crypto?.subtle) {
    throw new Error("This browser can't record. Use a current Chrome, Edge, Firefox or Safari over https.");
  }
  const ask = requestWith(token);
  const session = await beginSession(`${SERVER}/api/v1/capture/`, ask);
  const store = await openStore();
  const at = Object.fromEntries(["url", "finish", "discard"].map((name) => [name, SERVER + session[name]]));
  const capture = new Capture(store, { ...session, ...at }, ask, streams, onState);
  await store.remember({ ...session, ...at });
  return capture;
}

class Capture {
  #store;
  #session;
  #sender;
  #ask;
  #streams;
  #onState;
  #mixer = null;
  #recorder = null;
  #ticking = null;
  #awake = null;
  #state = { phase: "ready", waiting: 0, offline: false, sides: [], message: "" };

  constructor(store, session, ask, streams, onState) {
    this.#store = store;
    this.#session = session;
    this.#ask = ask;
    this.#streams = new Map(Object.entries(streams));
    this.#onState = onState;
    this.#sender = new Sender(store, session, (how) => this.#sent(how), ask);
    addEventListener("pagehide", () => this.#recorder?.flush());
    document.addEventListener("visibilitychange", () => this.#stayAwake());
    addEventListener("beforeunload", (event) => {
      if (this.#recorder || this.#state.waiting) event.preventDefault();
    });
  }

  // { phase: ready | recording | paused | finishing | finished | stopped, waiting: pieces not at the server yet, offline,
  //   sides: [{ name, loudness, silent: seconds, warn }], message: for the person }. Show `recording` to everybody.
  get state() {
    return this.#state;
  }

  // Whether something was recorded of this visit before, here or at the server.
  async unfinished() {
    const known = await this.#store.slices(this.#session.session);
    return known.length > 0 || Object.keys(this.#session.received).length > 0;
  }

  async start() {
    if (this.#recorder) return;
    this.#mixer = new Mixer();
    await this.#mixer.start();
    for (const [name, stream] of this.#streams) this.#mixer.add(name, stream);
    this.#mixer.onState((state) => state === "running" && this.#recorder?.restart());
    const known = await this.#store.slices(this.#session.session);
    const before = [...known.map(({ segment }) => segment), ...Object.keys(this.#session.received).map(Number)];
    this.#recorder = new SegmentRecorder(this.#mixer.stream, {
      sliceMs: this.#session.slice_ms,
      first: Math.max(-1, ...before) + 1,
      save: (slice) => this.#keep(slice),
    });
    this.#recorder.start();
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
    await this.#stayAwake();
    this.#tell({ phase: "recording", message: "" });
  }

  pause() {
    this.#recorder?.pause();
    this.#tell({ phase: "paused" });
  }

  resume() {
    this.#mixer?.forgive();
    this.#recorder?.resume();
    this.#tell({ phase: "recording" });
  }

  // Another stream for a side: a new microphone, a participant who comes back, somebody who joins.
  replace(name, stream) {
    this.#streams.set(name, stream);
    this.#mixer?.add(name, stream);
  }

  remove(name) {
    this.#streams.delete(name);
    this.#mixer?.remove(name);
  }

  // Resolves once the server has put everything together; waits for a lost network.
  async finish() {
    await this.#stopRecorder();
    this.#tell({ phase: "finishing" });
    try {
      await this.#sender.finish("stopped");
    } catch (error) {
      this.#tell({ phase: "stopped", message: error.message });
      throw error;
    }
    this.#tell({ phase: "finished", waiting: 0 });
  }

  // Deletes what was recorded, here and at the server.
  async discard() {
    await this.#stopRecorder();
    await this.#sender.discard(this.#session.discard);
    await this.#store.drop(this.#session.session);
    this.#tell({ phase: "stopped", waiting: 0, message: "The recording was deleted." });
  }

  async #keep(slice) {
    const { session, key } = this.#session;
    try {
      await this.#store.keep(session, key, slice);
    } catch {
      this.#tell({ message: "This computer can't keep the recording: its disk may be full. Finish it now." });
      return;
    }
    this.#sender.send().catch((error) => this.#refused(error));
  }

  // The server takes nothing more: somebody withdrew, or the recording is over.
  async #refused(error) {
    await this.#stopRecorder();
    const now = await openSession(this.#session.url, this.#ask).catch(() => null);
    if (now && now.state !== "receiving") await this.#store.drop(this.#session.session);
    this.#tell({ phase: "stopped", message: error.message });
  }

  #sent({ waiting, problem }) {
    this.#tell({ waiting, offline: Boolean(problem) });
  }

  #tick() {
    const paused = this.#state.phase === "paused";
    const sides = this.#mixer.names.map((name) => {
      const level = this.#mixer.level(name);
      return { name, ...level, warn: !paused && level.silent >= SILENT_SECONDS };
    });
    this.#tell({ sides });
  }

  #tell(change) {
    this.#state = { ...this.#state, ...change };
    this.#onState(this.#state);
  }

  async #stopRecorder() {
    clearInterval(this.#ticking);
    await this.#recorder?.stop();
    this.#recorder = null;
    await this.#mixer?.close();
    this.#mixer = null;
    await this.#awake?.release().catch(() => {});
    this.#awake = null;
  }

  async #stayAwake() {
    if (!this.#recorder || document.visibilityState !== "visible") return;
    this.#awake = await navigator.wakeLock?.request("screen").catch(() => null);
  }
}
