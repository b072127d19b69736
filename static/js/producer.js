/* Small helps on the producers' forms; each form works without them. A photo from a phone is made small enough to send,
   and a proposed expiry follows the date it was worked out from until somebody edits it. */
"use strict";

// Phones take pictures of 8 MB and more; the service keeps 800 pixels. Sending less is faster, and never too large.
const LONGEST_EDGE = 1600;
const SMALL_ENOUGH = 1024 * 1024;

async function shrink(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_EDGE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
}

for (const field of document.querySelectorAll('input[type="file"]')) {
  field.addEventListener("change", async () => {
    const file = field.files[0];
    if (!file || file.size <= SMALL_ENOUGH) return;
    try {
      const small = await shrink(file);
      if (!small || small.size >= file.size || field.files[0] !== file) return;
      const files = new DataTransfer();
      files.items.add(new File([small], "picture.jpg", { type: "image/jpeg" }));
      field.files = files.files;
    } catch {
      // What the browser cannot read the server will refuse with a reason.
    }
  });
}

const shelf = document.querySelector("[data-shelf-life]");
const derivedFor = document.querySelector("[data-derived-for]");
if (shelf && derivedFor) {
  const part = (name, which) => document.getElementById(`f-${name}-${which}`);
  const read = (name) => {
    const [day, month, year] = ["day", "month", "year"].map((which) => Number(part(name, which).value));
    const found = new Date(Date.UTC(year, month - 1, day));
    const isReal = year > 1900 && found.getUTCMonth() === month - 1 && found.getUTCDate() === day;
    return isReal ? found : null;
  };
  const later = (from) => new Date(from.getTime() + Number(shelf.dataset.shelfLife) * 86400000);
  const iso = (date) => date.toISOString().slice(0, 10);
  for (const which of ["day", "month", "year"]) {
    part("produced_on", which).addEventListener("change", () => {
      const made = read("produced_on");
      const expires = read("expires_on");
      const basis = new Date(`${derivedFor.value}T00:00:00Z`);
      // Edited by hand: then it is a statement, and stays.
      if (!made || !expires || Number.isNaN(basis.getTime()) || iso(later(basis)) !== iso(expires)) return;
      const [year, month, day] = iso(later(made)).split("-");
      part("expires_on", "day").value = day;
      part("expires_on", "month").value = month;
      part("expires_on", "year").value = year;
      derivedFor.value = iso(made);
    });
  }
}
