// Draws the ZPL of standard input with a renderer that is not ours: node render_zpl.cjs WIDTH_MM HEIGHT_MM DOTS_PER_MM
const { readFileSync } = require("node:fs");
const { ready } = require("zpl-renderer-js");

ready
  .then(({ api }) => api.zplToBase64Async(readFileSync(0, "ascii"), ...process.argv.slice(2, 5).map(Number)))
  .then((png) => process.stdout.write(Buffer.from(png, "base64"), () => process.exit(0)))
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
