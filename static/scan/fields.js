/* Fields that can be filled by scanning as well as by typing: a button beside each, one camera for all; and a list to
   which what is scanned is added. A hand-held scanner types, and needs nothing of this. */

const area = document.querySelector("[data-scan-fields]");
const panel = area.querySelector("[data-scan]");
const buttons = [...area.querySelectorAll("[data-scan-into]")];
const list = area.querySelector("[data-scan-list]");
const listed = area.querySelector("[data-scan-listed]");
const told = area.dataset;

// The code in the address of a label or stamp, or the text itself where it is nothing but a code.
function codeOf(text) {
  const address = /^https?:\/\/.*?\/(?:t|21)\/([^/?#]+)/i.exec(text);
  const code = (address ? decodeURIComponent(address[1]) : text).trim().toUpperCase().replace(/[\s.-]/g, "");
  return /^[2-9A-HJKMNP-Z]{10}(?:[2-9A-HJKMNP-Z]{3})?$/.test(code) ? code : "";
}

// The number of a carton or pallet, from its bars or from an address.
function cartonOf(text) {
  const number = /^(?:\]C1)?\x1d?(?:00|\(00\))(\d{18})$|^https?:\/\/.*\/00\/(\d{18})(?:[/?#]|$)/i.exec(text);
  return number ? number[1] || number[2] : "";
}

const pretty = (code) => (code.length > 13 ? code : code.match(/.{1,4}/g).join("-"));
const fieldOf = (button) => document.getElementById(button.dataset.scanInto);
const filled = (text, code) => text.replace("{code}", pretty(code));

function feel() {
  if (navigator.vibrate && !matchMedia("(prefers-reduced-motion: reduce)").matches) navigator.vibrate(60);
}

const { Scanner, hasCamera, openReader, readPhoto } = await import(panel.dataset.scanner);
let target = null; // the field that the next code goes to; none: the list
let last = "";

/** Take one code; true when there is nothing more to scan. */
function take(code) {
  if (code === last) return false;
  if (!code) {
    scanner.say(told.sayNone);
    return false;
  }
  last = code;
  feel();
  if (!target) {
    addToList(code);
    return false;
  }
  fieldOf(target).value = pretty(code);
  fieldOf(target).dispatchEvent(new Event("input", { bubbles: true }));
  const form = fieldOf(target).form;
  const next = buttons.slice(buttons.indexOf(target) + 1).find((button) => !fieldOf(button).value);
  if (next) {
    target = next;
    scanner.say(filled(told.sayNext, code));
    return false;
  }
  const done = target;
  scanner.stop(filled(told.sayRead, code));
  if ("scanSends" in done.dataset) form.requestSubmit();
  else fieldOf(done).focus();
  return true;
}

async function addToList(code) {
  try {
    const asked = new URL(told.listed, location.href); // it may name a language already
    asked.searchParams.set("text", code);
    const answer = await fetch(asked);
    const text = await answer.text();
    if (!answer.ok || answer.redirected) {
      scanner.say(answer.redirected ? told.sayNone : text);
      return;
    }
    const holder = document.createElement("template");
    holder.innerHTML = text; // from this service, which escapes what people wrote
    const row = holder.content.querySelector("li");
    const value = row.querySelector("input").value;
    if ([...list.querySelectorAll("input")].some((each) => each.value === value)) {
      scanner.say(told.sayAgain);
      return;
    }
    list.append(row);
    listed.hidden = false;
    scanner.say(filled(told.sayRead, code));
  } catch {
    last = ""; // no network: the same one may be tried again
    scanner.say(panel.dataset.sayNoReader);
  }
}

const takesCartons = () => target && "scanCartons" in target.dataset;
const meant = (text) => codeOf(text) || (takesCartons() ? cartonOf(text) : "");
const scanner = new Scanner(panel, (found) => take(meant(found.text)));

/** In browsers that lend no camera a photo does the same. */
function askForPhoto() {
  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.accept = "image/*";
  chooser.addEventListener("change", async () => {
    if (!chooser.files[0]) return;
    scanner.say(panel.dataset.sayReading);
    try {
      const found = await readPhoto(chooser.files[0], await openReader(panel));
      const codes = found.map((one) => meant(one.text)).filter(Boolean);
      if (codes.length) codes.forEach(take);
      else scanner.say(told.sayPhoto);
    } catch {
      scanner.say(panel.dataset.sayNoReader);
    }
  });
  chooser.click();
}

for (const button of buttons) {
  button.hidden = false;
  button.addEventListener("click", () => {
    target = button;
    last = "";
    if (!hasCamera()) askForPhoto();
    else if (!scanner.isOn) scanner.startByHand(button);
  });
}
const start = panel.querySelector("[data-scan-start]");
if (start && !hasCamera()) {
  // Instead of the camera: the listener of the scanner itself must not be asked.
  start.addEventListener("click", (event) => (event.stopImmediatePropagation(), askForPhoto()), { capture: true });
}
panel.hidden = false;

// Taking one out of the list needs no answer of the service.
if (list) {
  list.addEventListener("click", (event) => {
    const button = event.target.closest('button[name="remove"]');
    if (!button) return;
    event.preventDefault();
    const rows = [...list.children];
    const row = button.closest("li");
    const beside = rows[rows.indexOf(row) + 1] || rows[rows.indexOf(row) - 1];
    row.remove();
    last = "";
    listed.hidden = !list.children.length;
    (beside ? beside.querySelector("button") : start || buttons[0]).focus();
  });
}
