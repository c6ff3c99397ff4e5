// The page that records a visit: it wires the mixer, the recorder, the store on this machine and the server together.

import { Mixer } from "./mixer.js";
import { SegmentRecorder } from "./segments.js";
import { Refused, Sender, beginSession, openSession } from "./server.js";
import { microphone, tabSound } from "./sources.js";
import { openStore } from "./store.js";
import { makeView } from "./view.js";

const SILENT_SECONDS = 15;
const page = document.querySelector("#capture");
const tabs = new BroadcastChannel("countersign-session");

if (page) setUp(makeView(page)).catch(() => page.querySelector("#capture-unable").removeAttribute("hidden"));

async function setUp(view) {
  if (!navigator.mediaDevices || !globalThis.MediaRecorder || !crypto.subtle) throw new Error("not supported");
  const store = await openStore();
  const capture = new Capture(store, view);
  view.on("start", () => capture.start());
  view.on("pause", () => capture.pause());
  view.on("stop", () => capture.finish("stopped"));
  view.on("recover", () => capture.recover());
  view.on("discard", () => capture.discard());
  view.on("microphone", () => capture.changeMicrophone());
  view.on("tab", () => capture.shareTab());
  addEventListener("beforeunload", (event) => {
    if (capture.busy) event.preventDefault();
  });
  addEventListener("pagehide", () => capture.recorder?.flush());
  document.addEventListener("visibilitychange", () => capture.stayAwake());
  await capture.lookAround();
}

class Capture {
  recorder = null;
  #store;
  #view;
  #session = null;
  #sender = null;
  #mixer = null;
  #devices = new Map();
  #paused = false;
  #ticking = null;
  #release = () => {};
  #awake = null;

  constructor(store, view) {
    this.#store = store;
    this.#view = view;
  }

  get busy() {
    return this.recorder !== null || this.#sender !== null;
  }

  // What an earlier recording left, on this machine or at the server.
  async lookAround() {
    const { encounter, open } = page.dataset;
    const elsewhere = [];
    let unfinished = open;
    for (const known of await this.#store.sessions()) {
      const session = await openSession(known.url).catch((error) => error);
      if (session instanceof Error) continue; // somebody else's, or no connection: it stays as it is
      if (session.state !== "receiving") await this.#tidy(known, session);
      else if (known.encounter === encounter) unfinished = known.url;
      else elsewhere.push(known.encounter);
    }
    this.#view.offer({ unfinished: Boolean(unfinished), elsewhere: [...new Set(elsewhere)] });
  }

  // The server went on without this machine: refused, deleted, or stored as interrupted after a day.
  async #tidy(known, { state }) {
    const left = await this.#store.countWaiting(known.session);
    if (left && ["stored", "released"].includes(state)) {
      this.#view.warn(`A recording was stored without its last ${left} pieces, which are still on this computer.`);
    } else await this.#store.drop(known.session);
  }

  async start() {
    this.#view.busy("Asking for the microphone");
    try {
      // Asked for first, since a browser lets a page do that right after a click only.
      if (this.#view.wantsTab) await this.#take("tab", await tabSound());
      await this.#take("microphone", await microphone(this.#view.chosenMicrophone));
      await this.#alone();
      this.#mixer = await this.#mixed();
      await this.#join();
      await this.#record();
    } catch (error) {
      await this.#letGo();
      this.#release();
      this.#view.idle(error.message);
    }
  }

  async pause() {
    this.#paused = !this.#paused;
    if (this.#paused) this.recorder.pause();
    else this.recorder.resume();
    this.#mixer.forgive();
    this.#view.recording({ paused: this.#paused });
  }

  async finish(reason) {
    this.#view.finishing();
    try {
      await this.recorder?.stop();
      this.recorder = null;
      await this.#letGo();
      const done = await this.#sender.finish(reason);
      this.#sender = null;
      location.assign(done.next);
    } catch (error) {
      await this.#refused(error);
    }
  }

  async recover() {
    this.#view.busy("Sending what is kept on this computer");
    try {
      await this.#alone();
      await this.#join();
      await this.finish("recovered");
    } catch (error) {
      await this.#refused(error);
    }
  }

  async discard() {
    try {
      await this.#alone();
      await this.#join();
      const { discard, session } = this.#session;
      await this.#sender.discard(discard);
      await this.#store.drop(session);
      this.#sender = null;
      location.reload();
    } catch (error) {
      await this.#refused(error);
    }
  }

  async changeMicrophone() {
    try {
      await this.#take("microphone", await microphone(this.#view.chosenMicrophone));
      this.#view.say("The recording goes on with this microphone.");
    } catch (error) {
      this.#view.warn(error.message);
    }
  }

  async shareTab() {
    try {
      await this.#take("tab", await tabSound());
      this.#view.say("The sound of the tab is recorded.");
    } catch (error) {
      this.#view.warn(error.message);
    }
  }

  async stayAwake() {
    if (!this.recorder || document.visibilityState !== "visible") return;
    this.#awake = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
  }

  async #take(name, stream) {
    this.#devices.get(name)?.getTracks().forEach((track) => track.stop());
    this.#devices.set(name, stream);
    this.#mixer?.add(name, stream);
    const [track] = stream.getAudioTracks();
    track.addEventListener("ended", () => this.#lost(name, stream));
    track.addEventListener("mute", () => this.#view.warn(`${this.#view.nameOf(name)} was muted by the computer.`));
    track.addEventListener("unmute", () => this.#view.say(`${this.#view.nameOf(name)} is back.`));
  }

  // A device was unplugged, or the tab is not shared any more. The recording itself goes on.
  async #lost(name, stream) {
    if (this.#devices.get(name) !== stream || !this.recorder) return;
    this.#mixer.remove(name);
    this.#view.warn(`${this.#view.nameOf(name)} is gone. What was recorded is kept.`);
    if (name === "microphone") await this.changeMicrophone();
  }

  // One recorder for a visit in this browser, over all its tabs.
  #alone() {
    return new Promise((resolve, reject) => {
      navigator.locks.request(`capture-${page.dataset.encounter}`, { ifAvailable: true }, (lock) => {
        if (!lock) return reject(new Error("This visit is being recorded in another tab or window."));
        return new Promise((release) => {
          this.#release = release;
          resolve();
        });
      });
    });
  }

  async #mixed() {
    const mixer = new Mixer();
    await mixer.start();
    for (const [name, stream] of this.#devices) mixer.add(name, stream);
    mixer.onState((state) => {
      if (state === "running") return this.recorder?.restart();
      if (this.recorder) this.#view.warn("The browser stopped the sound. Come back to this page to go on.");
      return mixer.start().catch(() => {});
    });
    return mixer;
  }

  async #join() {
    this.#session = await beginSession(page.dataset.begin);
    await this.#store.remember(this.#session);
    await navigator.storage?.persist?.();
    this.#sender = new Sender(this.#store, this.#session, (how) => this.#sent(how));
  }

  async #record() {
    const known = await this.#store.slices(this.#session.session);
    const segments = [...known.map(({ segment }) => segment), ...Object.keys(this.#session.received).map(Number)];
    this.recorder = new SegmentRecorder(this.#mixer.stream, {
      sliceMs: this.#session.slice_ms,
      first: Math.max(-1, ...segments) + 1,
      save: (slice) => this.#keep(slice),
    });
    this.recorder.start();
    this.#paused = false;
    this.#mixer.forgive();
    this.#ticking = setInterval(() => this.#tick(), 500);
    this.#view.recording({ paused: false });
    await this.stayAwake();
  }

  async #keep(slice) {
    const { session, key } = this.#session;
    try {
      await this.#store.keep(session, key, slice);
    } catch {
      this.#view.warn("This computer can't keep the recording: its disk may be full. Finish the recording now.");
      return;
    }
    this.#sender?.send().catch((error) => this.#refused(error));
  }

  #sent({ waiting, problem }) {
    if (!problem) tabs.postMessage({ left: Number(document.body.dataset.sessionIdle) });
    this.#view.sent({ waiting, signedOut: problem?.signedOut ?? false, offline: Boolean(problem) });
  }

  #tick() {
    const names = this.#mixer.names;
    this.#view.levels(names.map((name) => ({ name, ...this.#mixer.level(name) })), this.#paused ? Infinity : SILENT_SECONDS);
  }

  // The server takes nothing more: permission ended, or the recording is over.
  async #refused(error) {
    await this.recorder?.stop();
    this.recorder = null;
    await this.#letGo();
    this.#release();
    this.#sender = null;
    const over = error instanceof Refused && (error.status === 410 || error.code === "gate_shut");
    if (over && this.#session) await this.#forgetIfOver();
    this.#view.stopped(error.message);
  }

  async #forgetIfOver() {
    const now = await openSession(this.#session.url).catch(() => null);
    if (now && now.state !== "receiving") await this.#store.drop(now.session);
  }

  async #letGo() {
    clearInterval(this.#ticking);
    for (const stream of this.#devices.values()) stream.getTracks().forEach((track) => track.stop());
    this.#devices.clear();
    await this.#mixer?.close();
    this.#mixer = null;
    await this.#awake?.release().catch(() => {});
  }
}
