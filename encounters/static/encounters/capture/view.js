// What the page shows while a visit is recorded. Only rare and important things are announced.

import { microphones, tabSoundOffered } from "./sources.js";

const NAMES = { microphone: "Your microphone", tab: "The call’s tab" };

export function makeView(page) {
  const at = (id) => page.querySelector(`#capture-${id}`);
  const title = document.title;
  const started = { at: 0, before: 0 };
  let warnedOf = "";

  function show(state) {
    for (const part of page.querySelectorAll("[data-when]")) {
      part.hidden = !part.dataset.when.split(" ").includes(state);
    }
    page.dataset.state = state;
    document.title = state === "recording" ? `● Recording – ${title}` : title;
  }

  function line(box, words, kind) {
    const made = document.createElement("p");
    made.className = `message message--${kind}`;
    made.textContent = words;
    box.replaceChildren(...(words ? [made] : []));
  }

  const say = (words) => line(at("status"), words, "note");
  const warn = (words) => line(at("warning"), words, "warning");

  async function listMicrophones() {
    const select = at("microphone-choice");
    const chosen = select.value;
    const options = (await microphones()).map(({ deviceId, label }) => new Option(label || "Microphone", deviceId));
    select.replaceChildren(new Option("The computer’s usual microphone", ""), ...options);
    select.value = options.some(({ value }) => value === chosen) ? chosen : "";
  }

  function elapsed() {
    const seconds = Math.floor((started.before + (started.at ? performance.now() - started.at : 0)) / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  if (!tabSoundOffered()) for (const part of page.querySelectorAll("[data-needs=tab]")) part.remove();
  navigator.mediaDevices?.addEventListener("devicechange", listMicrophones);
  at("microphone-choice").addEventListener("change", () => {
    if (page.dataset.state === "recording") page.dispatchEvent(new Event("microphone"));
  });

  return {
    say,
    warn,
    nameOf: (name) => NAMES[name] ?? name,
    get wantsTab() {
      return at("tab-wanted")?.checked ?? false;
    },
    get chosenMicrophone() {
      return at("microphone-choice").value;
    },
    on(what, act) {
      page.addEventListener(what, act);
      for (const button of page.querySelectorAll(`[data-do="${what}"]`)) button.addEventListener("click", act);
    },
    offer({ unfinished, elsewhere }) {
      show(unfinished ? "unfinished" : "idle");
      listMicrophones();
      at("elsewhere").hidden = !elsewhere.length;
      at("elsewhere-list").replaceChildren(
        ...elsewhere.map((encounter, index) => {
          const item = document.createElement("li");
          const link = document.createElement("a");
          link.href = `/encounters/${encounter}/capture/`;
          link.textContent = `Go to unfinished recording ${index + 1}`;
          item.append(link);
          return item;
        }),
      );
    },
    busy(words) {
      show("working");
      at("working").textContent = words;
    },
    idle(words) {
      show("idle");
      warn(words);
    },
    recording({ paused }) {
      if (!paused) started.at = performance.now();
      else {
        started.before += performance.now() - started.at;
        started.at = 0;
      }
      show("recording");
      listMicrophones();
      warn("");
      say(paused ? "Paused. Nothing is recorded." : "Recording.");
      at("badge").textContent = paused ? "Paused" : "Recording";
      at("badge").className = paused ? "badge badge--waiting" : "badge badge--bad capture__live";
      at("pause").textContent = paused ? "Go on recording" : "Pause";
      at("pause").focus();
    },
    finishing() {
      show("working");
      started.at = 0;
      at("working").textContent = "Sending the rest and checking that nothing is missing";
      warn("");
    },
    stopped(words) {
      show("stopped");
      at("stopped").textContent = words;
    },
    sent({ waiting, offline, signedOut }) {
      const words = waiting ? `${waiting} pieces wait on this computer, encrypted` : "Everything so far is at the server";
      at("sent").textContent = words;
      if (signedOut) at("sent").textContent += ". You are signed out: sign in again in another tab, and sending goes on.";
      else if (offline) at("sent").textContent += ". The server can’t be reached; sending goes on by itself.";
    },
    levels(sides, silentSeconds) {
      at("elapsed").textContent = elapsed();
      for (const each of page.querySelectorAll("[data-side]")) {
        const side = sides.find(({ name }) => name === each.dataset.side);
        each.hidden = !side && each.dataset.side !== "microphone";
        const { loudness, silent } = side ?? { loudness: 0, silent: 0 };
        each.querySelector("meter").value = Math.min(1, loudness * 4);
        const word = silent < 2 ? "Sound" : `Silent for ${Math.floor(silent)} s`;
        each.querySelector(".capture__word").textContent = side ? word : "Not connected";
      }
      const quiet = sides.filter(({ silent }) => silent >= silentSeconds).map(({ name }) => NAMES[name] ?? name);
      const words = quiet.length ? `Nothing is heard from: ${quiet.join(", ")}. Check that it is on and not muted.` : "";
      if (words !== warnedOf) warn(words);
      warnedOf = words;
    },
  };
}
