// Keeps the page's lists current. Without script the link "Reload" does the same.
const live = document.getElementById("live");
const EVERY = 2000;
const SLOWEST = 30000;
let tag = "";
let wait = EVERY;

const parts = (root) => [...root.querySelectorAll("#summary, section[id]")];

function replace(shown, fresh) {
  const focused = shown.contains(document.activeElement) ? document.activeElement.id : "";
  const scrolled = [...shown.querySelectorAll(".scroll[id]")].map((box) => [box.id, box.scrollLeft, box.scrollTop]);
  const opened = [...shown.querySelectorAll("details[open]")].map((details) => details.id);
  shown.replaceChildren(...fresh.childNodes);
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  for (const [id, left, top] of scrolled) document.getElementById(id)?.scrollTo(left, top);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

// What the server said last, part by part: a part that it says again is left alone, with its focus and scrolling.
const said = new Map(parts(live).map((part) => [part.id, part.innerHTML]));

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const shown of parts(live)) {
    const part = fresh.getElementById(shown.id);
    if (!part || part.innerHTML === said.get(shown.id)) continue;
    said.set(shown.id, part.innerHTML);
    replace(shown, part);
  }
}

async function refresh() {
  try {
    const answer = await fetch(live.dataset.source, { headers: tag ? { "If-None-Match": tag } : {} });
    if (answer.ok) {
      show(await answer.text());
      tag = answer.headers.get("ETag") ?? "";
    }
    wait = answer.ok || answer.status === 304 ? EVERY : SLOWEST;
  } catch {
    wait = Math.min(wait * 2, SLOWEST); // the sandbox is being restarted
  }
}

async function keepCurrent() {
  if (!document.hidden) await refresh();
  setTimeout(keepCurrent, wait);
}

setTimeout(keepCurrent, EVERY);
