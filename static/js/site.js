/* Small helps on top of pages that work without any of them: nothing is sent twice, errors get the focus,
   a password can be looked at. */
"use strict";

// A slow submit says so and cannot be pressed twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // A network that never answers must not leave a dead button behind.
  setTimeout(() => wake(form), 20000);
  const button = event.submitter || form.querySelector("[data-busy]");
  if (!button || !button.dataset.busy) return;
  button.dataset.idle = button.textContent;
  // Not `disabled`: a disabled button is left out of what is sent.
  button.setAttribute("aria-disabled", "true");
  button.textContent = button.dataset.busy;
});

// Coming back by the back button, or a download that leaves the page where it is: the form works again.
function wake(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[data-idle]")) {
    button.removeAttribute("aria-disabled");
    button.textContent = button.dataset.idle;
    delete button.dataset.idle;
  }
}
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(wake));

for (const summary of document.querySelectorAll("[data-focus]")) summary.focus();

for (const button of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  const show = button.textContent;
  button.hidden = false;
  button.addEventListener("click", () => {
    const reveal = field.type === "password";
    field.type = reveal ? "text" : "password";
    button.textContent = reveal ? button.dataset.hide : show;
    button.setAttribute("aria-pressed", String(reveal));
  });
}

// The menu closes on Escape and on a tap outside it.
const menu = document.querySelector("details.menu");
if (menu) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
