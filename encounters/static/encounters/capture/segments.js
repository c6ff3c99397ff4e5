// Records a stream as segments of numbered slices, each a few seconds long.
//
// A segment is one run of a MediaRecorder: a file of its own, of which slice 0 is the beginning. When the recorder
// fails or is cut off, the next segment begins by itself.

const WANTED = [
  "audio/webm;codecs=opus",
  "audio/mp4;codecs=mp4a.40.2",
  "audio/mp4;codecs=opus",
  "audio/mp4",
  "audio/ogg;codecs=opus",
];
// A computer that slept may hand over minutes at once.
const LARGEST = 1024 * 1024;

export class SegmentRecorder {
  #stream;
  #sliceMs;
  #save;
  #recorder = null;
  #saving = Promise.resolve();
  #segment;
  #number = 0;
  #wanted = false;
  #ran = 0;
  #since = 0;

  // `save({ segment, number, blob, mime, ms })` keeps a slice; `first` is the number of the first segment.
  constructor(stream, { sliceMs, first, save }) {
    this.#stream = stream;
    this.#sliceMs = sliceMs;
    this.#segment = first - 1;
    this.#save = save;
  }

  start() {
    this.#wanted = true;
    this.#segment += 1;
    this.#number = 0;
    this.#ran = 0;
    this.#since = performance.now();
    const mimeType = WANTED.find((each) => MediaRecorder.isTypeSupported(each));
    const recorder = new MediaRecorder(this.#stream, { mimeType, audioBitsPerSecond: 64000 });
    this.#recorder = recorder;
    recorder.addEventListener("dataavailable", ({ data }) => this.#keep(recorder, data));
    recorder.addEventListener("stop", () => {
      if (this.#wanted && recorder === this.#recorder) this.start();
    });
    recorder.start(this.#sliceMs);
  }

  pause() {
    this.#ran = this.#milliseconds();
    this.#since = null;
    this.#recorder.requestData();
    this.#recorder.pause();
  }

  resume() {
    this.#since = performance.now();
    this.#recorder.resume();
  }

  // Ends the segment; the next one begins at once.
  restart() {
    if (this.#recorder?.state === "recording") this.#recorder.stop();
  }

  flush() {
    if (this.#recorder?.state === "recording") this.#recorder.requestData();
  }

  // Resolves once the last slice is kept.
  async stop() {
    this.#wanted = false;
    if (this.#recorder && this.#recorder.state !== "inactive") {
      const stopped = new Promise((resolve) => this.#recorder.addEventListener("stop", resolve, { once: true }));
      this.#recorder.stop();
      await stopped;
    }
    await this.#saving;
  }

  #milliseconds() {
    return this.#since === null ? this.#ran : this.#ran + performance.now() - this.#since;
  }

  #keep(recorder, data) {
    const ms = Math.round(this.#milliseconds());
    for (let start = 0; start < data.size; start += LARGEST) {
      const blob = data.slice(start, start + LARGEST);
      const slice = { segment: this.#segment, number: this.#number, blob, mime: recorder.mimeType, ms };
      this.#number += 1;
      this.#saving = this.#saving.then(() => this.#save(slice));
    }
  }
}
