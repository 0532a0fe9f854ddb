// Uses the console in Debian's Chromium as people do: with the keyboard alone, with two tabs, with
// the button for going back, without scripts. Argument: a JSON with url, key and secret.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const scene = JSON.parse(process.argv[2]);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});

async function logIn(page) {
  await page.goto(scene.url + "/console/login");
  await page.fill("#key", scene.key);
  await page.fill("#secret", scene.secret);
  await page.press("#secret", "Enter");
  await page.waitForURL("**/console/");
}

/** Presses Tab until what has the focus is called that. */
async function tabTo(page, name) {
  for (let i = 0; i < 120; i++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const outline = getComputedStyle(element).outlineStyle;
      const label = element.labels?.[0]?.innerText ?? element.getAttribute("aria-label") ?? element.innerText;
      return { label: (label ?? "").trim(), outline };
    });
    if (focused.label === name || focused.label.startsWith(name)) {
      assert.notEqual(focused.outline, "none", `the focus on ${name} can be seen`);
      return;
    }
  }
  assert.fail(`the keyboard does not get to ${name}`);
}

// The main job with the keyboard alone, from the login to the running update.
{
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(scene.url + "/console/login");
  await page.keyboard.type(scene.key);
  await tabTo(page, "Secret access key");
  await page.keyboard.type(scene.secret);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/console/");
  await tabTo(page, "Skip to the content");
  await page.keyboard.press("Enter");
  await tabTo(page, "kiosk");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/images/kiosk");
  await tabTo(page, "Update …");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/images/kiosk/update");
  await tabTo(page, "Name of the new image");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("by-keyboard");
  await tabTo(page, "Update now");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/images/by-keyboard");
  assert.equal(await page.getByText("The job waits for a worker").count(), 1);
  await tabTo(page, "Cancel this update");
  await page.keyboard.press("Enter");
  await page.getByText("The job was cancelled.").waitFor();
  await context.close();
}

// The filter works while one types, stands in the address, and comes back with the button.
{
  const context = await browser.newContext();
  const page = await context.newPage();
  await logIn(page);
  await page.locator("#q").pressSequentially("render");
  await page.waitForURL("**/console/?*q=render*");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length > 1);
  await page.goForward();
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await context.close();
}

// Two tabs: what one has deleted is an error with words in the other; a logout ends both.
{
  const context = await browser.newContext();
  const first = await context.newPage();
  await logIn(first);
  const second = await context.newPage();
  await second.goto(scene.url + "/console/images/render-node/delete");
  await first.goto(scene.url + "/console/images/render-node/delete");
  await first.click("main button.danger");
  await first.getByText("The image is being deleted.").waitFor();
  await second.click("main button.danger");
  await second.getByText("is already being deleted").waitFor();
  await first.getByRole("button", { name: "Log out" }).click();
  await first.getByText("You are logged out.").waitFor();
  await second.goto(scene.url + "/console/");
  await second.waitForURL("**/console/login?next=*");
  await context.close();
}

// The theme is the browser's, until one is chosen.
{
  const context = await browser.newContext({ colorScheme: "dark" });
  const page = await context.newPage();
  await page.goto(scene.url + "/console/login");
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await background();
  await page.selectOption("#theme", "light");
  await page.waitForFunction(() => document.documentElement.dataset.theme === "light");
  assert.notEqual(await background(), dark);
  await context.close();
}

// A session that ends in mid-form: what was typed is sent after the next login.
{
  const context = await browser.newContext();
  const page = await context.newPage();
  await logIn(page);
  await page.goto(scene.url + "/console/images/kiosk/update");
  await page.fill("#new-name", "typed-before");
  await page.fill("#description", "kept");
  await context.clearCookies({ name: "regild-session" });
  await page.getByRole("button", { name: "Update now" }).click();
  await page.getByText("Your session has ended").waitFor();
  await page.fill("#key", scene.key);
  await page.fill("#secret", scene.secret);
  await page.press("#secret", "Enter");
  await page.getByRole("button", { name: "Send it" }).click();
  await page.waitForURL("**/images/typed-before");
  await page.getByText("kept").waitFor();
  await context.close();
}

// Without scripts everything is there, too.
{
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await logIn(page);
  await page.fill("#q", "office");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.waitForURL("**/console/?*q=office*");
  await page.goto(scene.url + "/console/images/office-2026-10/update");
  await page.fill("#new-name", "without-scripts");
  await page.getByRole("button", { name: "Update now" }).click();
  await page.waitForURL("**/images/without-scripts");
  await page.goto(scene.url + "/console/import");
  await page.setInputFiles("#file", scene.disk);
  await page.getByRole("button", { name: "Upload" }).click();
  await page.getByText("fit for an import").waitFor();
  await page.goto(scene.url + "/console/policies");
  await page.fill("#line", "kiosk");
  await page.fill("#image", "kiosk");
  await page.getByRole("button", { name: "Begin the line" }).click();
  await page.waitForURL("**/lines/kiosk?*");
  await page.getByRole("link", { name: "Plan a schedule" }).click();
  await page.fill("#name", "nightly");
  await page.getByRole("button", { name: "Preview" }).click();
  await page.locator("summary", { hasText: /^Now: / }).waitFor();
  assert.equal(await page.inputValue("#name"), "nightly");
  await page.getByRole("button", { name: "Add the schedule" }).click();
  await page.waitForURL("**/schedules/nightly?*");
  await page.getByRole("link", { name: "Show it" }).click();
  await page.locator("summary", { hasText: /^Now: / }).waitFor();
  await context.close();
}

// A schedule's form is checked while one types, and its page says by itself what it would do.
{
  const context = await browser.newContext();
  const page = await context.newPage();
  await logIn(page);
  await page.goto(scene.url + "/console/new-schedule?line=office");
  await page.fill("#name", "weekly");
  await page.fill("#cron", "0 2 30 2 *");
  await page.locator("#cron-error", { hasText: "never fires" }).waitFor();
  await page.fill("#cron", "0 2 * * sun");
  await page.waitForFunction(() => document.querySelector("#cron-error").innerText.trim() === "");
  await page.locator("#commands", { hasText: "regild schedule add weekly" }).waitFor({ state: "attached" });
  await page.goto(scene.url + "/console/schedules/nightly");
  await page.locator("#forecast summary", { hasText: /^Now: / }).waitFor();
  await context.close();
}

// With scripts an upload shows its progress, and a file that is no disk an error beside it.
{
  const context = await browser.newContext();
  const page = await context.newPage();
  await logIn(page);
  await page.goto(scene.url + "/console/import");
  await page.setInputFiles("#file", { name: "x.qcow2", mimeType: "application/octet-stream", buffer: Buffer.from("no disk") });
  await page.getByRole("button", { name: "Upload" }).click();
  await page.locator("[data-said].error").waitFor();
  await page.setInputFiles("#file", scene.disk);
  await page.getByRole("button", { name: "Upload" }).click();
  await page.waitForURL("**/console/import?disk=*");
  await page.fill("#name", "uploaded");
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.waitForURL("**/images/uploaded");
  await context.close();
}

// An upload whose connection breaks goes on, and one that was paused goes on after a reload.
{
  const context = await browser.newContext();
  const page = await context.newPage();
  await logIn(page);
  await page.goto(scene.url + "/console/import");
  let broken = 0;
  await page.route("**/console/uploads/*?offset=*", (route) => {
    broken += 1;
    return broken === 1 ? route.abort("connectionreset") : route.continue();
  });
  await page.setInputFiles("#file", scene.disk);
  await page.getByRole("button", { name: "Upload" }).click();
  await page.getByText("The connection broke; trying again.").waitFor();
  await page.waitForURL("**/console/import?disk=*");
  await page.getByText("fit for an import").waitFor();
  assert.ok(broken >= 2);

  await page.goto(scene.url + "/console/import");
  await page.unroute("**/console/uploads/*?offset=*");
  let release, ended;
  const held = new Promise((done) => { release = done; });
  const aborted = new Promise((done) => { ended = done; });
  await page.route("**/console/uploads/*?offset=*", async (route) => {
    await held;
    await route.abort().catch(() => {});
    ended();
  });
  await page.setInputFiles("#file", scene.disk);
  const asked = page.waitForRequest("**/console/uploads/*?offset=*");
  await page.getByRole("button", { name: "Upload" }).click();
  await asked;
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("Paused.").waitFor();
  release();
  await aborted; // else what is held goes on to the server when nothing routes it any more
  await page.unroute("**/console/uploads/*?offset=*");
  // The session ends in mid-upload: the page says so, and the upload goes on after another login.
  await context.clearCookies();
  await page.getByRole("button", { name: "Upload" }).click();
  await page.getByText("Your session has ended.").waitFor();
  await logIn(page);
  await page.goto(scene.url + "/console/import");
  await page.getByText("Incomplete uploads").waitFor().catch(async (error) => {
    throw new Error(`no incomplete upload at ${page.url()}: ${await page.locator("body").innerText()}`, { cause: error });
  });
  const begun = [];
  page.on("request", (request) => { if (request.url().includes("uploads?bytes")) { begun.push(request.url()); } });
  await page.setInputFiles("#file", scene.disk);
  await page.getByRole("button", { name: "Upload" }).click();
  await page.waitForURL("**/console/import?disk=*");
  assert.deepEqual(begun, [], "the upload before goes on");
  await context.close();
}

// A channel's form is checked while one types, and the caret stays where it is.
{
  const context = await browser.newContext();
  const page = await context.newPage();
  await logIn(page);
  await page.goto(scene.url + "/console/new-channel?platform=DEBIAN_12");
  await page.locator("#name").pressSequentially("Debian");
  await page.locator("#name-error", { hasText: "lower-case letters" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "name");
  assert.equal(await page.inputValue("#name"), "Debian");
  await page.fill("#name", "debian-12");
  await page.locator("#name-error", { hasText: "The channel debian-12 exists already" }).waitFor();
  await page.fill("#name", "debian-13");
  await page.waitForFunction(() => document.querySelector("#name-error").innerText.trim() === "");
  await context.close();
}

// The screen of the guest is a picture, and the page says by itself whether the plan was done.
{
  const context = await browser.newContext();
  const page = await context.newPage();
  await logIn(page);
  await page.goto(scene.url + "/console/images/office-2026-10");
  await page.locator("img.screen").scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelector("img.screen").naturalWidth > 0);
  await page.locator("#outcome", { hasText: "Every change of the plan was made" }).waitFor();
  await page.goto(scene.url + "/console/images/office-2026-08");
  await page.locator("#outcome", { hasText: "not equal to the plan" }).waitFor();
  await context.close();
}

await browser.close();
console.log("done");
