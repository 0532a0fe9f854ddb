// The main job of the console on a real image in Debian's Firefox ESR, with the keyboard alone; only
// the file is chosen by the script, since the system's own window for that is no part of the page.
// Firefox is driven by WebDriver BiDi. Argument: a JSON with url, key, secret and the disk.
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";

const scene = JSON.parse(process.argv[2]);
const LONG = { timeout: 400_000 };
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
  headless: true,
});
const page = await browser.newPage();
page.setDefaultTimeout(60_000);
page.on("pageerror", (error) => { throw error; });

/** Waits for a text; if it does not come, says what is there instead. */
async function shows(text, options) {
  try {
    await page.waitForSelector(`::-p-text(${text})`, options);
  } catch (error) {
    const there = await page.evaluate(() => `${location.href}: ${document.querySelector("main").innerText.slice(0, 500)}`);
    assert.fail(`"${text}" does not show on ${there} (${error.message})`);
  }
}
const at = (path, options) => page.waitForFunction(
  (wanted) => location.pathname === wanted && document.readyState === "complete", options ?? {}, path);

/** Presses Tab until an element of that kind and name has the focus, and can be seen to have it. */
async function tabTo(kind, name) {
  for (let i = 0; i < 150; i++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const label = element.labels?.[0]?.innerText ?? element.getAttribute("aria-label") ?? element.innerText;
      return {
        label: (label ?? "").trim(), kind: element.localName, outline: getComputedStyle(element).outlineStyle,
      };
    });
    if (focused.kind === kind && (focused.label === name || focused.label.startsWith(name + " "))) {
      assert.notEqual(focused.outline, "none", `the focus on ${name} can be seen`);
      return;
    }
  }
  assert.fail(`the keyboard does not get to ${name}`);
}

async function press(kind, name) {
  await tabTo(kind, name);
  await page.keyboard.press("Enter");
}

async function type(name, text) {
  await tabTo("input", name);
  await page.keyboard.down("Control");
  await page.keyboard.press("a");
  await page.keyboard.up("Control");
  await page.keyboard.type(text);
}

await page.goto(scene.url + "/console/import");
await page.waitForSelector("#key:focus");
await page.keyboard.type(scene.key);
await type("Secret access key", scene.secret);
await page.keyboard.press("Enter");
await at("/console/import");

await tabTo("input", "File");
await (await page.$("#file")).uploadFile(scene.disk);
await press("button", "Upload");
await shows("fit for an import", LONG);
await type("Name", "by-keyboard");
await tabTo("input", "Boot the image");
await page.keyboard.press(" ");
await press("button", "Import");
await at("/console/images/by-keyboard", LONG);
await page.waitForFunction(() => document.querySelector("h1 .mark")?.textContent === "Available", LONG);

await press("a", "Update …");
await at("/console/images/by-keyboard/update");
await type("Name of the new image", "by-keyboard-2");
await press("button", "Update now");
await at("/console/images/by-keyboard-2");
await page.waitForFunction(
  () => [...document.querySelectorAll(".steps li")].some((each) => each.textContent.includes("Qualify")), LONG);
await page.waitForFunction(() => document.querySelector("h1 .mark")?.textContent === "Available", LONG);
await shows("Every change below is in the image");
assert.match(await page.$eval("section[aria-labelledby=boot]", (each) => each.innerText), /Kernel\s+6\./);

await page.goto(scene.url + "/console/compare");
await type("From", "by-keyboard");
await type("To", "by-keyboard-2");
await page.keyboard.press("Enter");
await shows("Packages that differ");
assert.match(await page.$eval("main", (each) => each.innerText), /1 package/);

await page.goto(scene.url + "/console/images/by-keyboard-2");
await press("a", "Export …");
await at("/console/images/by-keyboard-2/export");
await type("Name of the export", "by-keyboard-disk");
await press("button", "Export");
await at("/console/jobs");
await page.waitForFunction(
  () => [...document.querySelectorAll("section[aria-labelledby=exports] tr")]
    .some((each) => /by-keyboard-disk[^]*Completed/.test(each.innerText)), LONG);

await page.goto(scene.url + "/console/images/by-keyboard-2/update");
await shows("The image is up to date");

for (const name of ["by-keyboard-2", "by-keyboard"]) {
  await page.goto(scene.url + `/console/images/${name}`);
  await press("a", "Delete …");
  await at(`/console/images/${name}/delete`);
  await press("button", "Delete");
  await shows("The image is being deleted.");
}
await press("button", "Log out");
await shows("You are logged out.");
await browser.close();
console.log("done");
