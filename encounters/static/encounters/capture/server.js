// Talks to the server: a capture session, its slices until each has its receipt, and the end.

import { hex, importKey } from "./store.js";

const LONGEST_WAIT = 30;
const WORTH_WAITING_FOR = new Set([401, 408, 425, 429, 500, 502, 503, 504]);
const SIGNED_OUT = "You were signed out. What was recorded is kept; sign in again, then come back to this page.";
const NOT_OURS = { code: "unknown", message: "The server refused without saying why.", remedy: "Reload this page." };

export class Refused extends Error {
  constructor(status, body) {
    super(`${body.message} ${body.remedy ?? ""}`.trim());
    this.status = status;
    this.code = body.code;
    this.missing = body.missing ?? [];
  }
}

// The server can't be reached, or the person is signed out: worth trying again.
export class Dropped extends Error {
  constructor(status = 0) {
    super(status === 401 ? SIGNED_OUT : "The server can’t be reached. What was recorded is kept; try again.");
    this.signedOut = status === 401;
  }
}

export async function request(url, { method = "GET", body, headers = {} } = {}, fresh = false) {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  let response;
  let data = {};
  try {
    const sent = { Accept: "application/json", "X-CSRFToken": token.value, ...headers };
    response = await fetch(url, { method, body, headers: sent, redirect: "error" });
    if (isJson(response)) data = await response.json();
  } catch {
    throw new Dropped();
  }
  if (response.ok) return data;
  if (WORTH_WAITING_FOR.has(response.status)) throw new Dropped(response.status);
  // Signing in again changes the token that forms carry.
  if (response.status === 403 && !data.code && !fresh && (await renewed(token))) {
    return request(url, { method, body, headers }, true);
  }
  throw new Refused(response.status, data.code ? data : NOT_OURS);
}

// `ask` speaks to the server: `request` for our own page, `requestWith` for a platform's.
export const beginSession = async (url, ask = request) => opened(await ask(url, { method: "POST" }));
export const openSession = async (url, ask = request) => opened(await ask(url));

// Asks as a page of another site, with a token that `newToken` resolves with; once more with a new one where it ended.
export function requestWith(newToken) {
  let token = null;
  return async function ask(url, { method = "GET", body, headers = {} } = {}, fresh = false) {
    let response;
    let data = {};
    try {
      token ??= await newToken();
      const sent = { ...headers, Accept: "application/json", Authorization: `Bearer ${token}` };
      response = await fetch(url, { method, body, headers: sent, credentials: "omit", redirect: "error" });
      if (isJson(response)) data = await response.json();
    } catch {
      throw new Dropped();
    }
    if (response.ok) return data;
    if (response.status === 401) {
      token = null;
      if (!fresh) return ask(url, { method, body, headers }, true);
    }
    if (WORTH_WAITING_FOR.has(response.status)) throw new Dropped(response.status);
    throw new Refused(response.status, data.code ? data : NOT_OURS);
  };
}

async function opened(session) {
  return { ...session, key: session.key ? await importKey(session.key) : null };
}

// Sends what waits in the store, in order, for as long as it takes. `told({ waiting, problem })` hears how it goes.
export class Sender {
  #store;
  #session;
  #told;
  #ask;
  #running = null;
  #wake = () => {};

  constructor(store, session, told, ask = request) {
    this.#store = store;
    this.#session = session;
    this.#told = told;
    this.#ask = ask;
    for (const event of ["online", "countersign:session-resumed"]) addEventListener(event, () => this.#wake());
  }

  // Resolves when nothing waits any more; rejects with Refused.
  send() {
    this.#running ??= this.#sendAll().finally(() => (this.#running = null));
    return this.#running;
  }

  async #sendAll() {
    let wait = 1;
    for (;;) {
      const slice = await this.#store.nextWaiting(this.#session.session);
      if (!slice) return this.#told({ waiting: 0 });
      try {
        await this.#sendOne(slice);
        wait = 1;
        this.#told({ waiting: await this.#store.countWaiting(this.#session.session) });
      } catch (error) {
        if (!(error instanceof Dropped)) throw error;
        this.#told({ waiting: await this.#store.countWaiting(this.#session.session), problem: error });
        await this.#pause(wait);
        wait = Math.min(LONGEST_WAIT, wait * 2);
      }
    }
  }

  async #sendOne(slice) {
    const body = await this.#store.soundOf(slice, this.#session.key);
    const digest = btoa(String.fromCharCode(...bytesOf(slice.sha256)));
    const headers = { "Content-Type": "application/octet-stream", "Content-Digest": `sha-256=:${digest}:` };
    const url = `${this.#session.url}${slice.segment}/${slice.number}`;
    const receipt = await this.#ask(url, { method: "PUT", body, headers });
    if (receipt.sha256 !== slice.sha256) throw new Dropped();
    await this.#store.mark(slice, { waiting: false });
  }

  // Sends the rest, then asks the server to put everything together. Resolves with { next }.
  async finish(endedReason) {
    for (;;) {
      await this.send();
      try {
        const body = JSON.stringify({ segments: await this.#segments(), ended_reason: endedReason });
        const headers = { "Content-Type": "application/json" };
        const done = await this.#ask(this.#session.finish, { method: "POST", body, headers });
        await this.#store.drop(this.#session.session);
        return done;
      } catch (error) {
        if (error instanceof Dropped) await this.#pause(2);
        else if (!(await this.#sendAgain(error.missing ?? []))) throw error;
      }
    }
  }

  discard(url) {
    return this.#ask(url, { method: "POST" });
  }

  async #sendAgain(missing) {
    const wanted = new Set(missing.map(String));
    const known = await this.#store.slices(this.#session.session);
    const again = known.filter(({ segment, number }) => wanted.has(String([segment, number])));
    for (const slice of again) await this.#store.mark(slice, { waiting: true });
    return again.length;
  }

  // Each segment as it was recorded: what is here, and what the server alone has of it.
  async #segments() {
    const { received } = await this.#ask(this.#session.url);
    const segments = new Map();
    const segmentOf = (number) => {
      if (!segments.has(number)) segments.set(number, { hashes: [], mime: "audio/webm", ms: 0 });
      return segments.get(number);
    };
    for (const [segment, hashes] of Object.entries(received)) {
      for (const [number, sha256] of Object.entries(hashes)) segmentOf(Number(segment)).hashes[number] = sha256;
    }
    for (const { segment, number, sha256, mime, ms } of await this.#store.slices(this.#session.session)) {
      const found = segmentOf(segment);
      found.hashes[number] = sha256;
      Object.assign(found, { mime, ms: Math.max(found.ms, ms) });
    }
    return Promise.all([...segments].map(([number, found]) => claimed(number, found)));
  }

  #pause(seconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

async function claimed(segment, { hashes, mime, ms }) {
  const listed = new TextEncoder().encode(hashes.join(""));
  const sha256 = hex(await crypto.subtle.digest("SHA-256", listed));
  return { segment, slices: hashes.length, sha256, mime, duration_ms: ms };
}

function bytesOf(hexadecimal) {
  return hexadecimal.match(/../g).map((each) => parseInt(each, 16));
}

function isJson(response) {
  return (response.headers.get("Content-Type") ?? "").includes("json");
}

async function renewed(token) {
  const url = document.body.dataset.sessionRenew;
  if (!url) return false;
  const response = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!response?.ok || !isJson(response)) return false;
  token.value = (await response.json()).csrf_token;
  return true;
}
