// Keeps the slices of recordings on this machine until the server has them, sealed (AES-GCM).
//
// The key comes from the server, for the person who records, and stays in memory: after signing out, nothing here can
// be read. What is kept open is only which session and visit a slice belongs to.

const NAME = "countersign-captures";

export async function openStore() {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => {
    const base = opening.result;
    base.createObjectStore("sessions", { keyPath: "session" });
    base.createObjectStore("sounds", { keyPath: ["session", "segment", "number"] });
    const slices = base.createObjectStore("slices", { keyPath: ["session", "segment", "number"] });
    // A slice has `waiting` until the server has it, so the index holds just those.
    slices.createIndex("waiting", ["session", "waiting", "segment", "number"]);
  };
  return new Store(await answer(opening));
}

export class Store {
  #base;

  constructor(base) {
    this.#base = base;
  }

  // Known sessions: { session, encounter, url }.
  sessions() {
    return answer(this.#of("sessions").getAll());
  }

  remember({ session, encounter, url }) {
    return this.#write(["sessions"], (stores) => stores.sessions.put({ session, encounter, url }));
  }

  async keep(session, key, { segment, number, blob, mime, ms }) {
    const plain = await blob.arrayBuffer();
    const sha256 = hex(await crypto.subtle.digest("SHA-256", plain));
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const place = { session, segment, number };
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: named(place) }, key, plain);
    await this.#write(["slices", "sounds"], (stores) => {
      stores.slices.put({ ...place, sha256, mime, ms, waiting: 1 });
      stores.sounds.put({ ...place, iv, sealed });
    });
  }

  // The next slice that the server doesn't have, or undefined.
  async nextWaiting(session) {
    const range = IDBKeyRange.bound([session, 1], [session, 2]);
    return answer(this.#of("slices").index("waiting").get(range));
  }

  countWaiting(session) {
    return answer(this.#of("slices").index("waiting").count(IDBKeyRange.bound([session, 1], [session, 2])));
  }

  async soundOf({ session, segment, number }, key) {
    const { iv, sealed } = await answer(this.#of("sounds").get([session, segment, number]));
    const additionalData = named({ session, segment, number });
    return crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, sealed);
  }

  async mark(slice, { waiting }) {
    const { waiting: _, ...rest } = slice;
    await this.#write(["slices"], (stores) => stores.slices.put(waiting ? { ...rest, waiting: 1 } : rest));
  }

  // What is known of every slice, without its sound.
  slices(session) {
    return answer(this.#of("slices").getAll(everything(session)));
  }

  drop(session) {
    return this.#write(["sessions", "slices", "sounds"], (stores) => {
      stores.sessions.delete(session);
      stores.slices.delete(everything(session));
      stores.sounds.delete(everything(session));
    });
  }

  #of(name) {
    return this.#base.transaction(name).objectStore(name);
  }

  #write(names, change) {
    const transaction = this.#base.transaction(names, "readwrite", { durability: "strict" });
    change(Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)])));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

export function importKey(base64) {
  const raw = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

export function hex(buffer) {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function everything(session) {
  return IDBKeyRange.bound([session], [session, []]);
}

function named({ session, segment, number }) {
  return new TextEncoder().encode(`${session}/${segment}/${number}`);
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
