// Measures pages of the console in Debian's Chromium. Argument: a JSON with url, key, secret, pid.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const scene = JSON.parse(process.argv[2]);
const RUNS = 9;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
const page = await context.newPage();
await page.goto(scene.url + "/console/login");
await page.fill("#key", scene.key);
await page.fill("#secret", scene.secret);
await page.press("#secret", "Enter");
await page.waitForURL("**/console/");
const session = await context.newCDPSession(page);

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

// Every request, and whether it went to the server, as the browser's own protocol tells.
let requests = new Map();
await session.send("Network.enable");
session.on("Network.requestWillBeSent", ({ requestId, wallTime }) => requests.set(requestId, { at: 1000 * wallTime, sent: true }));
const cached = (requestId) => { if (requests.has(requestId)) { requests.get(requestId).sent = false; } };
session.on("Network.requestServedFromCache", ({ requestId }) => cached(requestId));
session.on("Network.responseReceived", ({ requestId, response }) => { if (response.fromDiskCache) { cached(requestId); } });

async function paint(path, cold) {
  await page.goto("about:blank");
  if (cold) {
    await session.send("Network.clearBrowserCache");
  }
  requests = new Map();
  await page.goto(scene.url + path);
  await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
  await page.waitForTimeout(200);
  const seen = await page.evaluate(() => {
    const resources = performance.getEntriesByType("resource");
    return {
      origin: performance.timeOrigin,
      first: performance.getEntriesByName("first-contentful-paint")[0].startTime,
      server: performance.getEntriesByType("navigation")[0].responseStart,
      rows: document.querySelectorAll("tbody tr").length,
      bytes: resources.filter((each) => /\.(css|js)$/.test(each.name))
        .reduce((sum, each) => sum + each.encodedBodySize, 0),
    };
  });
  const before = [...requests.values()].filter((each) => each.sent && each.at < seen.origin + seen.first);
  return { ...seen, before: before.length };
}

console.log("goals: first contentful paint 1000 ms, 2 requests before it, 100 rows, style and script 100 kB");
for (const [name, path] of [
  ["Images", "/console/"],
  ["Images, newest first", "/console/?sort=-created"],
  ["Images, a name", "/console/?q=099999"],
  ["Images, largest first", "/console/?sort=-size"],
  ["Image", "/console/images/running"],
  ["Import", "/console/import"],
  ["Jobs", "/console/jobs"],
  ["Activity", "/console/activity"],
  ["Settings", "/console/settings"],
]) {
  for (const cold of [true, false]) {
    const runs = [];
    for (let i = 0; i < RUNS; i++) {
      runs.push(await paint(path, cold));
    }
    const most = (what) => Math.max(...runs.map((each) => each[what]));
    console.log(`${name}, ${cold ? "empty cache" : "as after the login"}: first contentful paint `
      + `${Math.round(median(runs.map((each) => each.first)))} ms, of which the server `
      + `${Math.round(median(runs.map((each) => each.server)))} ms; ${most("before")} requests before it; `
      + `${most("rows")} rows; style and script ${(most("bytes") / 1000).toFixed(1)} kB`);
  }
}

const ticks = () => {
  const fields = readFileSync(`/proc/${scene.pid}/stat`, "utf8").split(") ")[1].split(" ");
  return Number(fields[11]) + Number(fields[12]);
};
const asked = [];
page.on("request", (request) => asked.push(request.url()));
await page.goto(scene.url + "/console/images/running");
await page.waitForTimeout(3000);
const streams = asked.filter((each) => each.endsWith("/events")).length;
asked.length = 0;
let before = ticks();
await page.waitForTimeout(20_000);
const watched = (ticks() - before) / 20;
assert.equal(asked.length, 0, "an idle page asks for nothing more: " + asked);
await page.goto("about:blank");
await page.waitForTimeout(2000);
before = ticks();
await page.waitForTimeout(20_000);
const alone = (ticks() - before) / 20;
console.log(`an idle page: ${streams} event stream and ${asked.length} further requests in 20 s (goal: 1 and 0), `
  + `${watched.toFixed(2)} % of a core with it, ${alone.toFixed(2)} % without any page (goal: 0.5 % between them)`);
await browser.close();
