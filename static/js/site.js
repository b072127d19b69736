/* Small helps on top of pages that work without any of them: nothing is sent twice, errors get the focus,
   a password can be looked at. */
"use strict";

// The device's clock at the moment it sends: a clock that is off is set right by how far it is.
document.addEventListener("submit", (event) => {
  for (const field of event.target.querySelectorAll("[data-device-clock]")) field.value = new Date().toISOString();
});

// Photos are made smaller before they are sent: three of them from a phone would be too much for the network and the
// service. What cannot be read here is sent as it is.
document.addEventListener("change", async (event) => {
  const field = event.target;
  if (!field.dataset || !field.dataset.shrink || !window.createImageBitmap || !window.DataTransfer) return;
  const longest = Number(field.dataset.shrink);
  const chosen = new DataTransfer();
  for (const file of field.files) chosen.items.add(await shrunk(file, longest));
  field.files = chosen.files;
});
async function shrunk(file, longest) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const share = Math.min(1, longest / Math.max(picture.width, picture.height));
    if (share === 1 && file.size < 1000000) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * share);
    canvas.height = Math.round(picture.height * share);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file;
  }
}

// A slow submit says so and cannot be pressed twice. What only asks may: of a page with several downloads, all are wanted.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter || form.querySelector("[data-busy]");
  if (((button && button.formMethod) || form.method) === "get") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // A network that never answers must not leave a dead button behind.
  setTimeout(() => wake(form), 20000);
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

// A text made to be sent on: copied by one tap, or selected whole by a tap into it.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.done;
  });
}
for (const text of document.querySelectorAll("[data-select]")) text.addEventListener("focus", () => text.select());

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
