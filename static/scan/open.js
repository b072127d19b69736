/* The page that scans: a code in front of the camera, or on a photo, opens what it stands for. Without this file its
   forms do the same. */
const panel = document.querySelector("[data-scan]");
const page = document.querySelector("[data-scan-page]");
const photoForm = page.querySelector("[data-scan-photo]");
const LONGEST_EDGE = 2000; // of a photo that is sent
const SMALL_ENOUGH = 1024 * 1024;

function openCode(code) {
  const asked = new URL(page.dataset.scanPage, location.href);
  asked.searchParams.set("text", code.text);
  asked.searchParams.set("kind", code.format);
  location.assign(asked);
}

async function begin() {
  const { Scanner, hasCamera } = await import(panel.dataset.scanner);
  if (!hasCamera()) {
    panel.querySelector("[data-scan-status]").textContent = panel.dataset.sayNoCamera;
    panel.hidden = false;
    panel.querySelector("[data-scan-start]").hidden = true;
    return;
  }
  const scanner = new Scanner(panel, (code) => {
    scanner.stop(panel.dataset.sayFound);
    openCode(code);
    return true;
  });
  panel.hidden = false;
  // Who allowed it before need not tap again; nobody is asked unasked.
  try {
    const allowed = await navigator.permissions.query({ name: "camera" });
    if (allowed.state === "granted") scanner.start();
  } catch {
    // Not every browser says.
  }
}

async function shrunk(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const share = Math.min(1, LONGEST_EDGE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * share);
  canvas.height = Math.round(picture.height * share);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
}

// A photo is read on the device where the browser can; else it is sent, made small first.
photoForm.addEventListener("submit", async (event) => {
  const field = photoForm.querySelector('input[type="file"]');
  const file = field.files[0];
  if (!file) return;
  event.preventDefault();
  const said = photoForm.querySelector("[data-scan-photo-status]");
  said.textContent = panel.dataset.sayReading;
  try {
    const { hasDetector, openReader, readPhoto } = await import(panel.dataset.scanner);
    if (await hasDetector()) {
      const found = await readPhoto(file, await openReader(panel));
      if (found.length === 1) return openCode(found[0]);
    }
    if (file.size > SMALL_ENOUGH) {
      const small = await shrunk(file);
      if (small && small.size < file.size) {
        const files = new DataTransfer();
        files.items.add(new File([small], "photo.jpg", { type: "image/jpeg" }));
        field.files = files.files;
      }
    }
  } catch {
    // What cannot be read here the service reads, or says why not.
  }
  photoForm.submit();
});
window.addEventListener("pageshow", () => (photoForm.querySelector("[data-scan-photo-status]").textContent = ""));

begin();
