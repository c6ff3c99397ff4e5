// Mixes any number of MediaStreams into one, which never changes while it is recorded.
//
// MediaRecorder records only the first audio track of a stream and stops when a track comes or goes, so what is
// recorded is always `mixer.stream`; microphones and calls come and go behind it.

export const SILENCE = 0.003;

export class Mixer {
  #context = new AudioContext({ latencyHint: "playback" });
  #output = new MediaStreamAudioDestinationNode(this.#context, { channelCount: 1, channelCountMode: "explicit" });
  #sides = new Map();

  get stream() {
    return this.#output.stream;
  }

  get names() {
    return [...this.#sides.keys()];
  }

  // Has to be called from a click; browsers keep the sound off otherwise.
  async start() {
    await this.#context.resume();
    if (this.#context.state !== "running") throw new Error("The browser keeps its sound switched off.");
  }

  // `changed` is told when the browser itself stops or restarts the sound, as phones do during a call.
  onState(changed) {
    this.#context.addEventListener("statechange", () => changed(this.#context.state));
  }

  // Puts `stream` in, in the place of an earlier one of that name.
  add(name, stream) {
    this.remove(name);
    const source = this.#context.createMediaStreamSource(stream);
    const meter = new AnalyserNode(this.#context, { fftSize: 2048 });
    source.connect(meter);
    source.connect(this.#output);
    this.#sides.set(name, { source, meter, element: muted(stream), heard: performance.now() });
  }

  remove(name) {
    const side = this.#sides.get(name);
    side?.source.disconnect();
    if (side) side.element.srcObject = null;
    this.#sides.delete(name);
  }

  // Loudness (0 to 1, root mean square) and for how many seconds this side has been silent.
  level(name) {
    const side = this.#sides.get(name);
    if (!side) return { loudness: 0, silent: 0 };
    const samples = new Float32Array(side.meter.fftSize);
    side.meter.getFloatTimeDomainData(samples);
    const loudness = Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length);
    if (loudness > SILENCE) side.heard = performance.now();
    return { loudness, silent: (performance.now() - side.heard) / 1000 };
  }

  // Silence is counted anew, after a pause for instance.
  forgive() {
    for (const side of this.#sides.values()) side.heard = performance.now();
  }

  close() {
    for (const name of this.names) this.remove(name);
    return this.#context.close();
  }
}

// Chromium gives a mixer nothing of a remote stream that no element plays.
function muted(stream) {
  const element = new Audio();
  element.muted = true;
  element.srcObject = stream;
  element.play().catch(() => {});
  return element;
}
