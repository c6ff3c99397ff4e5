// Forms: nothing typed is lost by leaving, nothing is sent twice, the first problem gets the focus.
//
// <form data-guard>      warns before the page is left with unsent changes
// <form data-allow-repeat> may be sent again without leaving the page (downloads)
// Autosave calls form.dispatchEvent(new Event("countersign:saved")) when the text is safe on the server.

const changed = new WeakSet();
let leavingByForm = false;

function watchChanges(form) {
  form.addEventListener("input", () => changed.add(form));
  form.addEventListener("countersign:saved", () => changed.delete(form));
}

function hasUnsentChanges() {
  return [...document.querySelectorAll("form[data-guard]")].some((form) => changed.has(form));
}

addEventListener("beforeunload", (event) => {
  if (!leavingByForm && hasUnsentChanges()) event.preventDefault();
});

function release(form) {
  delete form.dataset.sending;
  for (const button of form.querySelectorAll(".is-busy")) {
    button.classList.remove("is-busy");
    button.removeAttribute("aria-disabled");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.dataset.allowRepeat !== undefined) return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "yes";
  leavingByForm = true;
  // aria-disabled rather than disabled: a disabled button would not send its own name and value.
  event.submitter?.classList.add("is-busy");
  event.submitter?.setAttribute("aria-disabled", "true");
});

// Back to a page that the browser kept in memory: its forms can be sent again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  leavingByForm = false;
  for (const form of document.forms) release(form);
});

function focusFirstProblem() {
  const problem =
    document.querySelector('main [aria-invalid="true"]:not([type="hidden"])') ??
    document.querySelector("main [data-form-errors]");
  problem?.focus();
}

function closeMenuOnEscapeOrOutside() {
  const menu = document.querySelector("details.account-menu");
  if (!menu) return;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
}

for (const form of document.querySelectorAll("form[data-guard]")) watchChanges(form);
focusFirstProblem();
closeMenuOnEscapeOrOutside();
