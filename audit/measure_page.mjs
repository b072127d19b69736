// Lighthouse on one page as its default slow phone sees it:
// node measure_page.mjs NODE_MODULES CHROMIUM ADDRESS CATEGORIES FLAG ...
// Writes one JSON object: scores (0 to 1), largest paint, layout shift, and which weighed audits failed.
import { pathToFileURL } from "node:url";

const [modules, chromePath, address, categories, ...chromeFlags] = process.argv.slice(2);
const from = (path) => import(pathToFileURL(`${modules}/${path}`));
const { default: lighthouse } = await from("lighthouse/core/index.js");
const { launch } = await from("chrome-launcher/dist/index.js");

const chrome = await launch({ chromePath, chromeFlags, logLevel: "silent" });
try {
  const flags = {
    port: chrome.port,
    logLevel: "silent",
    onlyCategories: categories.split(","),
    disableFullPageScreenshot: true,
  };
  const { lhr } = await lighthouse(address, flags);
  const { audits } = lhr;
  const weighed = Object.values(lhr.categories).flatMap(({ auditRefs }) => auditRefs.filter(({ weight }) => weight > 0));
  const told = {
    scores: Object.fromEntries(Object.entries(lhr.categories).map(([name, { score }]) => [name, score])),
    lcp_ms: audits["largest-contentful-paint"]?.numericValue ?? null,
    shift: audits["cumulative-layout-shift"]?.numericValue ?? null,
    failed: weighed.map(({ id }) => id).filter((id) => audits[id].score === 0),
    error: lhr.runtimeError?.message ?? null,
  };
  console.log(JSON.stringify(told));
} finally {
  chrome.kill();
}
