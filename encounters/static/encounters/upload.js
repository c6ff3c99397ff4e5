// Sends a recording in slices, so that a dropped connection or a reload costs one slice at most.
//
// The file is named to the server by its size and a fingerprint, never by its name: names can say who somebody is.
// Without this script (or without crypto.subtle, on plain http) the form is sent as it is.

const MIB = 1024 * 1024;
const SMALLEST = 256 * 1024;
const LARGEST = 8 * MIB;
// A slice should take about this long: short enough to show progress, long enough to be worth a request.
const GOOD_SECONDS = [1.5, 6];
const LONGEST_WAIT = 30;
const WORTH_WAITING_FOR = new Set([408, 425, 429, 500, 502, 503, 504]);

class Refused extends Error {
  constructor(status, body) {
    super(body.message);
    this.status = status;
    this.remedy = body.remedy ?? "";
    this.offset = body.offset;
    this.code = body.code;
  }
}

class Dropped extends Error {}

const form = document.querySelector("form#upload");
if (form && globalThis.crypto?.subtle) setUp(form);

function setUp(form) {
  const input = form.querySelector("input[type=file]");
  const send = form.querySelector("#send");
  const pause = form.querySelector("#pause");
  const view = makeView(form);
  let running = null;

  async function start() {
    const file = input.files[0];
    if (!file || running) return;
    running = new AbortController();
    send.hidden = true;
    pause.hidden = false;
    pause.textContent = "Pause";
    input.disabled = true;
    let next = null;
    try {
      next = await upload(form, file, view, running.signal);
    } catch (error) {
      view.stopped(error, running.signal.aborted);
      send.textContent = error instanceof Refused ? "Try again" : "Go on";
    }
    running = null;
    if (next) return location.assign(next);
    send.hidden = false;
    pause.hidden = true;
    input.disabled = false;
    send.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    start();
  });
  pause.addEventListener("click", () => running?.abort());
  input.addEventListener("change", () => {
    send.textContent = "Upload";
    view.clear();
  });
  addEventListener("beforeunload", (event) => {
    if (running) event.preventDefault();
  });
  takeDrops(form, input);
}

async function upload(form, file, view, signal) {
  view.working("Preparing");
  const fingerprint = await fingerprintOf(file);
  const declared = JSON.stringify({ size: file.size, fingerprint });
  const begin = () => request(form.dataset.begin, { method: "POST", body: declared, type: "application/json", signal });
  let place = await patiently(begin, view, signal);
  if (place.offset > 0) view.say("Part of this recording is here already. Going on from there.");
  let offset = place.offset;
  let size = MIB;
  while (offset < file.size) {
    view.progress(offset, file.size);
    const started = performance.now();
    const piece = file.slice(offset, offset + size);
    offset = await patiently(() => sendSlice(place.upload, offset, piece, signal), view, signal, async () => {
      place = await begin();
      return place.offset;
    });
    const seconds = (performance.now() - started) / 1000;
    if (seconds < GOOD_SECONDS[0]) size = Math.min(LARGEST, size * 2);
    if (seconds > GOOD_SECONDS[1]) size = Math.max(SMALLEST, size / 2);
  }
  view.progress(file.size, file.size);
  view.working("Checking the recording");
  const done = await patiently(() => request(place.finish, { method: "POST", signal }), view, signal);
  return done.next;
}

async function sendSlice(url, offset, body, signal) {
  try {
    const answer = await request(url, {
      method: "PUT",
      body,
      type: "application/octet-stream",
      headers: { "Upload-Offset": String(offset) },
      signal,
    });
    return answer.offset;
  } catch (error) {
    // Another tab was faster, or an answer was lost: the server knows where to go on.
    if (error instanceof Refused && error.code === "wrong_offset") return error.offset;
    throw error;
  }
}

// Repeats `step` while the connection is the problem; `resume` says how to go on after a pause, if not with `step`.
async function patiently(step, view, signal, resume = step) {
  let wait = 1;
  for (let attempt = step; ; attempt = resume) {
    try {
      const answer = await attempt();
      if (wait > 1) view.say("Connected again.");
      return answer;
    } catch (error) {
      if (!(error instanceof Dropped)) throw error;
      view.say(`The connection dropped. What arrived is kept; trying again in ${wait} s.`, "warning");
      await pauseFor(wait, signal);
      wait = Math.min(LONGEST_WAIT, wait * 2);
    }
  }
}

function pauseFor(seconds, signal) {
  return new Promise((resolve, reject) => {
    const wake = new AbortController();
    const timer = setTimeout(() => settle(resolve), seconds * 1000);
    function settle(how) {
      clearTimeout(timer);
      wake.abort();
      how(signal.reason);
    }
    addEventListener("online", () => settle(resolve), { signal: wake.signal });
    signal.addEventListener("abort", () => settle(reject), { signal: wake.signal });
  });
}

async function request(url, { method, body, type, headers = {}, signal }, fresh = false) {
  const token = document.querySelector("#upload input[name=csrfmiddlewaretoken]");
  const sent = { Accept: "application/json", "X-CSRFToken": token.value, ...headers };
  if (type) sent["Content-Type"] = type;
  let response;
  let answer;
  try {
    response = await fetch(url, { method, body, headers: sent, signal, redirect: "error" });
    answer = isJson(response) ? await response.json() : {};
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Dropped(error.message);
  }
  if (response.ok) return answer;
  if (response.status === 401) {
    throw new Refused(401, {
      message: "You were signed out. What arrived is kept.",
      remedy: "Sign in again in another tab, then come back here and go on.",
    });
  }
  if (response.status === 403 && !answer.code && !fresh && (await renewed(token))) {
    return request(url, { method, body, type, headers, signal }, true);
  }
  if (!answer.code && WORTH_WAITING_FOR.has(response.status)) throw new Dropped(String(response.status));
  throw new Refused(response.status, answer.code ? answer : UNKNOWN);
}

const UNKNOWN = {
  code: "unknown",
  message: "The server refused the upload without saying why. What arrived is kept.",
  remedy: "Reload the page and choose the file again.",
};

function isJson(response) {
  return (response.headers.get("Content-Type") ?? "").includes("json");
}

// Signing in again changes the token that forms carry.
async function renewed(token) {
  const url = document.body.dataset.sessionRenew;
  if (!url) return false;
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok || !isJson(response)) return false;
  token.value = (await response.json()).csrf_token;
  return true;
}

// The same file gives the same fingerprint after a reload, without reading all of it.
async function fingerprintOf(file) {
  const ends = new Blob([file.slice(0, MIB), file.slice(Math.max(0, file.size - MIB))]);
  const digest = await crypto.subtle.digest("SHA-256", await ends.arrayBuffer());
  const named = new TextEncoder().encode(`${file.size}:${file.lastModified}:${hex(digest)}`);
  return hex(await crypto.subtle.digest("SHA-256", named));
}

function hex(buffer) {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function takeDrops(form, input) {
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("is-over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("is-over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("is-over");
    if (input.disabled || !event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change"));
  });
}

function makeView(form) {
  const box = form.querySelector("#progress");
  const bar = box.querySelector("progress");
  const text = box.querySelector("#progress-text");
  const amount = box.querySelector("#progress-amount");
  const status = form.querySelector("#upload-status");
  const megabytes = (bytes) => (bytes / MIB).toFixed(bytes < 10 * MIB ? 1 : 0);

  function say(message, kind = "") {
    const line = document.createElement("p");
    line.className = kind ? `message message--${kind}` : "muted";
    line.textContent = message;
    status.replaceChildren(line);
  }

  return {
    say,
    clear: () => status.replaceChildren(),
    working(message) {
      box.hidden = false;
      text.textContent = message;
    },
    progress(done, total) {
      box.hidden = false;
      const percent = Math.floor((100 * done) / total);
      bar.value = percent;
      text.textContent = "Uploading";
      amount.textContent = `${percent} %, ${megabytes(done)} of ${megabytes(total)} MB`;
    },
    stopped(error, paused) {
      text.textContent = "Stopped";
      box.hidden = error instanceof Refused && error.status === 422;
      if (paused) return say("Paused. What arrived is kept for a day.");
      if (error instanceof Refused) return say(`${error.message} ${error.remedy}`.trim(), "error");
      say("This file can't be read any more. Choose it again.", "error");
    },
  };
}
