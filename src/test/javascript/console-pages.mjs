// Looks at every page of the console in Debian's Chromium: axe-core finds no violation of WCAG 2.2
// AA, the policy of content refuses nothing that a page needs, and no page scrolls sideways.
// Arguments: a JSON with url, key, secret and pages, and optionally a directory for pictures.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const scene = JSON.parse(process.argv[2]);
const pictures = process.argv[3];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const AUDITED = [1280, 375];
const found = [];

// As root, Chromium has no sandbox of its own; the pages are ours.
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});

async function logIn(page) {
  await page.goto(scene.url + "/console/login");
  await page.fill("#key", scene.key);
  await page.fill("#secret", scene.secret);
  await page.click("main button[type=submit]");
  await page.waitForURL("**/console/");
}

/** What somebody else wrote is text: no element of it is in the page, and nothing turns its direction. */
async function lookForForeignContent(page, name) {
  const strange = await page.evaluate(() => ({
    elements: document.querySelectorAll("img[src=x], script:not([src]), [onerror], [onclick], style").length,
    characters: /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText),
  }));
  if (strange.elements > 0 || strange.characters) {
    found.push(`${name}: what others wrote is more than text: ${JSON.stringify(strange)}`);
  }
}

/** Whoever asks the system for less motion gets none. */
async function lookForMotion(page, name) {
  const moving = await page.evaluate(() => document.getAnimations().length
    + [...document.querySelectorAll("*")].filter((each) =>
      getComputedStyle(each).transitionDuration.split(", ").some((time) => parseFloat(time) > 0)).length);
  if (moving > 0) {
    found.push(`${name}: ${moving} elements move`);
  }
}

async function audit(page, name, theme, width) {
  const { violations } = await page.evaluate(
    (tags) => axe.run(document, { runOnly: tags }), WCAG);
  for (const violation of violations) {
    found.push(`${name} ${theme} ${width}: ${violation.id}: ${violation.help}: `
      + violation.nodes.map((node) => node.html.slice(0, 120)).join(" | "));
  }
}

async function look(page, name, theme, width) {
  await lookForForeignContent(page, name);
  await page.evaluate(() => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (sideways > 0) {
    found.push(`${name} ${theme} ${width}: scrolls sideways by ${sideways}`);
  }
  if (!AUDITED.includes(width)) {
    return;
  }
  await audit(page, name, theme, width);
  await lookForMotion(page, name);
  const dialogs = await page.locator("dialog").count();
  for (let i = 0; i < dialogs; i++) {
    await page.evaluate((which) => document.querySelectorAll("dialog")[which].showModal(), i);
    await audit(page, `${name}, dialog ${i}`, theme, width);
    await page.evaluate((which) => document.querySelectorAll("dialog")[which].close(), i);
  }
}

for (const theme of ["light", "dark"]) {
  // 640 pixels are a window of 1280 at 200 %; 320 is the narrowest that WCAG asks for.
  for (const width of theme === "light" ? [1280, 640, 375, 320] : AUDITED) {
    const context = await browser.newContext({
      viewport: { width, height: 800 }, colorScheme: theme, reducedMotion: "reduce",
    });
    const page = await context.newPage();
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("status of 4")) {
        found.push(`${page.url()}: ${message.text()}`);
      }
    });
    page.on("pageerror", (error) => found.push(`${page.url()}: ${error.message}`));
    page.on("dialog", (dialog) => { found.push(`${page.url()}: a script ran`); dialog.dismiss(); });
    await context.addInitScript({ content: axe });
    await page.goto(scene.url + "/console/login");
    await look(page, "login", theme, width);
    if (pictures && width === 1280) {
      await page.screenshot({ path: join(pictures, `login-${theme}.png`) });
    }
    await logIn(page);
    for (const [name, path] of Object.entries(scene.pages)) {
      await page.goto(scene.url + path);
      if (pictures && width === 1280) {
        // A page that follows a job never is idle.
        await page.waitForLoadState("networkidle", { timeout: 1500 }).catch(() => {});
        await page.screenshot({ path: join(pictures, `${name}-${theme}.png`) });
      }
      await look(page, name, theme, width);
    }
    // Pages that answer a form.
    await page.goto(scene.url + "/console/");
    for (const action of ["Update …", "Tag …", "Delete …"]) {
      await page.goto(scene.url + "/console/?q=kiosk");
      await page.getByLabel("Choose kiosk").check();
      await page.getByRole("button", { name: action }).click();
      await page.getByText("Do nothing").waitFor();
      await look(page, `selection ${action}`, theme, width);
    }
    await page.goto(scene.url + "/console/settings");
    await page.getByText("New access key").click();
    await page.fill("#key-secret", scene.secret);
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByText("The secret is shown only once").waitFor();
    await look(page, "newkey", theme, width);
    await context.close();
  }
}

await browser.close();
console.log(JSON.stringify(found, null, 1));
