// Reads the codes on grey pictures by zbar: node read_zbar.cjs WIDTH HEIGHT [WIDTH HEIGHT ...], their bytes one after the
// other on standard input. Writes one list of texts a picture, as JSON.
const { readFileSync } = require("node:fs");
const { scanGrayBuffer } = require("@undecaf/zbar-wasm");

async function main() {
  const sides = process.argv.slice(2).map(Number);
  const bytes = readFileSync(0);
  const texts = [];
  for (let at = 0, start = 0; at < sides.length; at += 2) {
    const [width, height] = sides.slice(at, at + 2);
    const picture = new Uint8Array(bytes.subarray(start, start + width * height));
    start += width * height;
    texts.push((await scanGrayBuffer(picture.buffer, width, height)).map((code) => code.decode()));
  }
  console.log(JSON.stringify(texts));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
