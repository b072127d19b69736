/* The scanner: a camera with torch and zoom inside a panel of the page, and reading codes from pictures. By the browser's
   own BarcodeDetector, else by zxing in WebAssembly, which is loaded from this service when it is first needed.

   The panel is templates/macros/scanner.html; its data-say-… attributes hold every word said here. What a code means is
   decided by the service: this file only reads it. */

// By their names in BarcodeDetector, and in zxing.
const FORMATS = {
  qr_code: "QRCode",
  data_matrix: "DataMatrix",
  ean_13: "EAN13",
  ean_8: "EAN8",
  upc_a: "UPCA",
  code_128: "Code128",
};
// Without these BarcodeDetector is of no use here.
const NEEDED = ["qr_code", "data_matrix", "ean_13"];
// Bars have a weak check at best: they count when two pictures in a row say the same.
const BARS = new Set(["ean_13", "ean_8", "upc_a", "code_128"]);
const LONGEST_EDGE = 960; // pixels of a picture that is looked through
const BETWEEN_MS = 80; // pictures are taken no faster: a cheap phone has to draw the video too

export const hasCamera = () => Boolean(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);

/** Whether the browser reads codes by itself, so that nothing need be loaded for it. */
export async function hasDetector() {
  try {
    const known = await window.BarcodeDetector.getSupportedFormats();
    return NEEDED.every((name) => known.includes(name));
  } catch {
    return false;
  }
}

/** A function that reads the codes of a canvas: canvas → [{text, format}]. */
export async function openReader(panel) {
  return (await hasDetector()) ? detectorReader(panel) : wasmReader(panel);
}

async function detectorReader(panel) {
  const known = await window.BarcodeDetector.getSupportedFormats();
  const detector = new window.BarcodeDetector({ formats: Object.keys(FORMATS).filter((name) => known.includes(name)) });
  let fallback = null;
  return async (canvas) => {
    if (fallback) return fallback(canvas);
    try {
      const found = await detector.detect(canvas);
      return found.map((one) => ({ text: one.rawValue, format: one.format }));
    } catch {
      // Some phones say that they can and have not loaded the part that does.
      fallback = await wasmReader(panel);
      return fallback(canvas);
    }
  };
}

async function wasmReader(panel) {
  const zxing = await import(panel.dataset.reader);
  await zxing.prepareZXingModule({
    overrides: { locateFile: () => panel.dataset.wasm },
    fireImmediately: true,
  });
  const names = Object.fromEntries(Object.entries(FORMATS).map(([name, theirs]) => [theirs, name]));
  const options = { formats: Object.values(FORMATS), textMode: "Plain", maxNumberOfSymbols: 4, tryInvert: false };
  return async (canvas) => {
    const picture = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const found = await zxing.readBarcodes(picture, options);
    return found.filter((one) => one.isValid).map((one) => ({ text: one.text, format: names[one.format] || one.format }));
  };
}

/** The codes of a photo, read on the device. */
export async function readPhoto(file, reader) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const canvas = document.createElement("canvas");
  for (const edge of [LONGEST_EDGE, 2 * LONGEST_EDGE]) {
    const share = Math.min(1, edge / Math.max(picture.width, picture.height));
    draw(canvas, picture, [0, 0, picture.width, picture.height], share);
    const found = await reader(canvas);
    if (found.length || share === 1) return found;
  }
  return [];
}

function draw(canvas, picture, [left, top, width, height], share) {
  canvas.width = Math.max(1, Math.round(width * share));
  canvas.height = Math.max(1, Math.round(height * share));
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(picture, left, top, width, height, 0, 0, canvas.width, canvas.height);
}

export class Scanner {
  /** `onRead(code)` is called with {text, format}; it answers true to end, anything else to go on. */
  constructor(panel, onRead) {
    this.panel = panel;
    this.onRead = onRead;
    this.part = (name) => panel.querySelector(`[data-scan-${name}]`);
    this.video = this.part("video");
    this.canvas = document.createElement("canvas");
    this.run = 0; // which start this is: what belongs to an older one stops by itself
    const start = this.part("start");
    if (start) start.addEventListener("click", () => this.startByHand(start));
    this.part("stop").addEventListener("click", () => this.stopByHand());
    this.part("torch").addEventListener("click", () => this.toggleTorch());
    this.part("zoom").addEventListener("input", () => this.set({ zoom: Number(this.part("zoom").value) }));
    // A camera that nobody sees is switched off, and comes back with the page.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden && this.stream) {
        this.stop();
        this.isWaiting = true;
      } else if (!document.hidden && this.isWaiting) {
        this.start();
      }
    });
    window.addEventListener("pagehide", () => this.stop());
  }

  showStart(isShown) {
    const start = this.part("start");
    if (start) start.hidden = !isShown;
  }

  say(text) {
    this.part("status").textContent = text;
  }

  get isOn() {
    return Boolean(this.stream);
  }

  /** The focus goes along: the button that was pressed is gone. */
  async startByHand(button) {
    this.starter = button;
    if (await this.start()) this.part("stop").focus({ preventScroll: true });
    else if (!this.isOn) button.focus();
  }

  stopByHand() {
    this.stop(this.panel.dataset.sayStopped);
    const back = this.starter || this.part("start");
    if (back) back.focus();
  }

  async start() {
    const run = ++this.run;
    this.isWaiting = false;
    this.lastBars = "";
    this.showStart(false);
    this.say(this.panel.dataset.sayOpening);
    this.reading = this.reading || openReader(this.panel);
    // A failure is told where it is waited for, below.
    this.reading.catch(() => {});
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
      });
    } catch (error) {
      if (run === this.run) this.fail(error);
      return false;
    }
    if (run !== this.run) {
      release(stream);
      return false;
    }
    this.stream = stream;
    this.video.srcObject = stream;
    this.part("finder").hidden = false;
    try {
      await this.video.play();
      this.offerControls();
      this.reader = await this.reading;
    } catch (error) {
      // Stopped meanwhile, the video says so by an error; that is none.
      if (run !== this.run) return false;
      this.reading = null;
      this.stop(this.panel.dataset.sayNoReader);
      return false;
    }
    if (run !== this.run) return false;
    this.say(this.panel.dataset.sayAim);
    this.look(run, 0);
    return true;
  }

  /** End; `text` is said, if there is one. */
  stop(text) {
    this.run++;
    this.isWaiting = false;
    if (this.stream) release(this.stream);
    this.stream = null;
    this.video.srcObject = null;
    this.part("finder").hidden = true;
    this.showStart(true);
    if (text) this.say(text);
  }

  fail(error) {
    const said = { NotAllowedError: "sayDenied", SecurityError: "sayDenied", NotFoundError: "sayNoCamera" };
    this.stop(this.panel.dataset[said[error.name] || "sayBusy"]);
  }

  /** The whole picture and its middle by turns: a small code fills more of the middle. */
  async look(run, turn) {
    if (run !== this.run) return;
    const began = performance.now();
    const { videoWidth: width, videoHeight: height } = this.video;
    if (width) {
      const isMiddle = turn % 2 === 1;
      const cut = isMiddle ? [width / 4, height / 4, width / 2, height / 2] : [0, 0, width, height];
      draw(this.canvas, this.video, cut, Math.min(1, LONGEST_EDGE / Math.max(cut[2], cut[3])));
      let found = [];
      try {
        found = await this.reader(this.canvas);
      } catch {
        this.stop(this.panel.dataset.sayNoReader);
        return;
      }
      if (run !== this.run) return;
      for (const code of found) {
        if (this.isSure(code) && this.onRead(code) === true) return;
        if (run !== this.run) return;
      }
    }
    setTimeout(() => this.look(run, turn + 1), Math.max(0, BETWEEN_MS - (performance.now() - began)));
  }

  isSure(code) {
    if (!BARS.has(code.format)) return true;
    const wasSeen = this.lastBars === code.text;
    this.lastBars = code.text;
    return wasSeen;
  }

  offerControls() {
    const track = this.stream.getVideoTracks()[0];
    const can = (track.getCapabilities && track.getCapabilities()) || {};
    this.part("torch").hidden = !can.torch;
    this.part("torch").setAttribute("aria-pressed", "false");
    const hasZoom = Boolean(can.zoom && can.zoom.max > can.zoom.min);
    this.part("zoom-control").hidden = !hasZoom;
    if (!hasZoom) return;
    const zoom = this.part("zoom");
    Object.assign(zoom, { min: can.zoom.min, max: Math.min(can.zoom.max, 8), step: can.zoom.step || 0.1 });
    zoom.value = (track.getSettings && track.getSettings().zoom) || can.zoom.min;
  }

  async toggleTorch() {
    const button = this.part("torch");
    const isOn = button.getAttribute("aria-pressed") !== "true";
    if (await this.set({ torch: isOn })) button.setAttribute("aria-pressed", String(isOn));
  }

  async set(wanted) {
    try {
      await this.stream.getVideoTracks()[0].applyConstraints({ advanced: [wanted] });
      return true;
    } catch {
      return false;
    }
  }
}

function release(stream) {
  for (const track of stream.getTracks()) track.stop();
}
