// Saves the note while it is written, and always says where it stands.
//
// <form id="note-form" data-guard data-draft-url="…"> with hidden fields version and base,
// <span data-save-state data-state="saved|saving|failed|conflict">, <section data-trouble hidden>.
// Text that is not saved yet lives in the form alone: nothing of a patient is put into browser storage.
// A conflict is settled on the server's page: the save button then reads "Compare the two texts" and sends the form.

const PAUSE = 1500;
const RETRIES = [2, 4, 8, 15, 30];
const KEEPALIVE_LIMIT = 60_000;
const SECTIONS = ["subjective", "objective", "assessment", "plan"];

const form = document.getElementById("note-form");
const state = document.querySelector("[data-save-state]");
const trouble = document.querySelector("[data-trouble]");
let saved = JSON.stringify(gather());
let refused = "";
// Texts that were sent and never answered: the server may hold one of them.
const unanswered = new Set();
let stopped = false;
let sending = null;
let attempts = 0;
let timer = 0;

function text(name) {
  return form.elements[name].value.replace(/\s+$/u, "");
}

function codes() {
  const rows = [...form.querySelectorAll("[data-code-row]")];
  return rows
    .filter((row) => !row.querySelector("[name=code_remove]")?.checked)
    .map((row) => {
      const value = (key) => row.querySelector(`[name=code_${key}]`).value.trim();
      return { system: value("system"), code: value("code"), description: value("description") };
    })
    .filter((code) => code.system || code.code || code.description);
}

function normal(content) {
  const trimmed = (value) => (value ?? "").replace(/\s+$/u, "");
  return {
    sections: Object.fromEntries(SECTIONS.map((name) => [name, trimmed(content.sections[name])])),
    billing_codes: content.billing_codes.map(({ system, code, description }) => ({ system, code, description })),
    patient_summary: trimmed(content.patient_summary),
  };
}

function gather() {
  const sections = Object.fromEntries(SECTIONS.map((name) => [name, text(name)]));
  return { sections, billing_codes: codes(), patient_summary: text("patient_summary") };
}

function say(kind, words) {
  state.dataset.state = kind;
  if (state.textContent !== words) state.textContent = words;
}

function explain(title, words) {
  trouble.querySelector("h2").textContent = title;
  trouble.querySelector("[data-trouble-words]").textContent = words;
  trouble.hidden = false;
}

// From here on the one next step is to look at both texts.
function offerComparison() {
  stopped = true;
  const button = document.querySelector("[data-save]");
  button.textContent = "Compare the two texts";
  button.classList.add("button--primary");
  document.querySelector("[data-go-on]").hidden = true;
}

function later(seconds) {
  clearTimeout(timer);
  timer = setTimeout(save, seconds * 1000);
}

function retry(sent, words) {
  unanswered.add(sent);
  say("failed", words);
  later(RETRIES[Math.min(attempts, RETRIES.length - 1)]);
  attempts += 1;
}

function accept(sent, answer) {
  form.elements.version.value = answer.version;
  form.elements.base.value = JSON.stringify(answer.base);
  saved = sent;
  refused = "";
  attempts = 0;
  unanswered.clear();
  trouble.hidden = true;
  if (JSON.stringify(gather()) === saved) {
    say("saved", `Saved ${answer.saved_label}`);
    form.dispatchEvent(new Event("countersign:saved"));
  } else {
    later(PAUSE / 1000);
  }
}

function collide(answer) {
  if (answer.code === "conflict" && unanswered.has(JSON.stringify(normal(answer.theirs)))) {
    // Our own save arrived and its answer was lost.
    form.elements.version.value = answer.their_version;
    form.elements.base.value = JSON.stringify(answer.base);
    later(0);
    return;
  }
  offerComparison();
  if (answer.code === "signed") {
    say("conflict", "Not saved: the note was signed meanwhile");
    explain("This note was signed while you were writing", answer.detail);
  } else {
    say("conflict", `Not saved: ${answer.editor} changed this note at ${answer.saved_label}`);
    explain(`${answer.editor} changed this note while you were writing`, answer.detail);
  }
}

function refuse(sent, answer) {
  refused = sent;
  say("failed", "Not saved. See the message above the note");
  explain("Not saved", answer?.detail ?? "The server refused this text. Copy it, then open the page again.");
  if (answer?.part && form.elements[answer.part]) form.elements[answer.part].setAttribute("aria-invalid", "true");
}

async function send(sent) {
  const body = JSON.stringify({ version: Number(form.elements.version.value), content: JSON.parse(sent) });
  const headers = {
    "Content-Type": "application/json",
    Accept: "application/json",
    "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
  };
  const options = { method: "POST", headers, body, redirect: "error", signal: AbortSignal.timeout(30_000) };
  if (document.hidden && body.length < KEEPALIVE_LIMIT) options.keepalive = true;
  const response = await fetch(form.dataset.draftUrl, options).catch(() => null);
  if (!response) return retry(sent, "Not saved: no connection. Keep this page open");
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return accept(sent, answer);
  if (response.status === 401) {
    say("failed", "Not saved: you are signed out. Your text is still here");
    return void dispatchEvent(new Event("countersign:session-ended"));
  }
  if (response.status === 409 && answer) return collide(answer);
  if ([400, 403, 404, 413].includes(response.status) && answer) return refuse(sent, answer);
  retry(sent, "Not saved: the server did not answer as it should. Trying again; keep this page open");
}

async function save() {
  clearTimeout(timer);
  const content = JSON.stringify(gather());
  if (stopped || sending || content === saved || content === refused) return;
  say("saving", "Saving…");
  sending = send(content);
  await sending;
  sending = null;
}

function edited(event) {
  event.target.removeAttribute("aria-invalid");
  if (stopped) return;
  if (JSON.stringify(gather()) === saved) return;
  if (attempts === 0) say("saving", "Not saved yet");
  later(Math.max(PAUSE / 1000, attempts ? RETRIES[Math.min(attempts, RETRIES.length) - 1] : 0));
}

// A save on its way decides the version that the form is sent with.
async function waitForSave(event) {
  clearTimeout(timer);
  if (!sending) return;
  event.preventDefault();
  const { submitter } = event;
  await sending;
  clearTimeout(timer);
  form.requestSubmit(submitter);
}

function growWithText(area) {
  const fit = () => {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  };
  area.addEventListener("input", fit);
  fit();
}

form.addEventListener("input", edited);
form.addEventListener("focusout", () => !attempts && save());
form.addEventListener("submit", waitForSave);
document.addEventListener("visibilitychange", () => document.hidden && save());
addEventListener("online", save);
addEventListener("countersign:session-resumed", save);
if (!CSS.supports("field-sizing", "content")) form.querySelectorAll("textarea").forEach(growWithText);
