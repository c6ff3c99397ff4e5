// Warns before the session ends for lack of activity, and renews it when asked.
//
// <body data-session-left="900" data-session-idle="900" data-session-renew="/accounts/session/" data-session-login="/accounts/login/">
// Renewal is a person's act. Requests that a page makes by itself carry `X-Background: poll` and renew nothing.
// Other tabs of the same browser are told, so that one answer serves them all.

const WARN_SECONDS = 120;
const { sessionLeft, sessionIdle, sessionRenew, sessionLogin } = document.body.dataset;
const tabs = new BroadcastChannel("countersign-session");
let endsAt = Date.now() + Number(sessionLeft) * 1000;
let box = null;

function csrfToken() {
  return document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
}

function extend(seconds) {
  endsAt = Date.now() + seconds * 1000;
  box?.remove();
  box = null;
}

// Signing in again makes new form tokens: without the new one this page could not send what it holds.
async function adopt(answer) {
  const { left_seconds: left, csrf_token: token } = await answer.json();
  for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) input.value = token;
  extend(left);
  return left;
}

async function renew() {
  const headers = { "X-CSRFToken": csrfToken() };
  const answer = await fetch(sessionRenew, { method: "POST", headers }).catch(() => null);
  if (answer?.ok) {
    tabs.postMessage({ left: await adopt(answer) });
  } else if (answer?.status === 401) {
    showEnded();
  } else {
    box.querySelector("p").textContent = "The server did not answer. Check your connection and try again.";
  }
}

// Somebody signed in again in another tab: this page can go on where it was.
async function resume() {
  const answer = await fetch(sessionRenew, { headers: { "X-Background": "poll" } }).catch(() => null);
  if (answer?.ok) {
    await adopt(answer);
    dispatchEvent(new Event("countersign:session-resumed"));
  }
}

function panel(words, controls) {
  box?.remove();
  box = document.createElement("section");
  box.className = "session-warning";
  box.setAttribute("role", "alertdialog");
  box.setAttribute("aria-label", "Session");
  const text = document.createElement("p");
  text.textContent = words;
  const row = document.createElement("p");
  row.className = "actions";
  row.append(...controls);
  box.append(text, row);
  document.body.append(box);
}

function showWarning() {
  const stay = document.createElement("button");
  stay.type = "button";
  stay.className = "button button--primary";
  stay.textContent = "Stay signed in";
  stay.addEventListener("click", renew);
  panel("For your patients’ privacy you will be signed out in two minutes. What you have saved is kept.", [stay]);
}

function showEnded() {
  const link = document.createElement("a");
  link.className = "button button--primary";
  link.href = sessionLogin;
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = "Sign in again in a new tab";
  panel("You have been signed out. What you typed is still on this page: sign in again, then save it here.", [link]);
  box.dataset.ended = "yes";
}

function look() {
  const left = (endsAt - Date.now()) / 1000;
  if (left <= 0 && !box?.dataset.ended) showEnded();
  else if (left > 0 && left <= Math.min(WARN_SECONDS, Number(sessionIdle) / 2) && !box) showWarning();
}

tabs.addEventListener("message", (event) => (box?.dataset.ended ? resume() : extend(event.data.left)));
// This page has just counted as activity for every tab.
tabs.postMessage({ left: Number(sessionLeft) });
setInterval(look, 5000);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  if (box?.dataset.ended) resume();
  else look();
});
addEventListener("countersign:session-ended", showEnded);
