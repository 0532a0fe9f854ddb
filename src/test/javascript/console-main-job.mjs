// The main job of the console on a real image. Argument: a JSON with url, key, secret and the disk.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const scene = JSON.parse(process.argv[2]);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const context = await browser.newContext();
const page = await context.newPage();
page.setDefaultTimeout(60_000);
page.on("pageerror", (error) => { throw error; });
const LONG = { timeout: 400_000 };

await page.goto(scene.url + "/console/");
await page.fill("#key", scene.key);
await page.fill("#secret", scene.secret);
await page.press("#secret", "Enter");
await page.getByText("No images yet").waitFor();

await page.getByRole("link", { name: "Import your first disk" }).click();
await page.setInputFiles("#file", scene.disk);
await page.getByRole("button", { name: "Upload" }).click();
await page.getByText("fit for an import").waitFor(LONG);
await page.fill("#name", "golden");
await page.fill("#tags", "team=desktop");
await page.getByLabel("Boot the image before it becomes available").uncheck();
await page.getByRole("button", { name: "Import", exact: true }).click();
await page.waitForURL("**/images/golden");
// The page follows the job by itself.
await page.locator("h1 .mark", { hasText: "Available" }).waitFor(LONG);

await page.getByRole("link", { name: "Update …" }).click();
await page.getByText("Nothing has happened yet").waitFor();
assert.match(await page.locator("tbody tr").first().innerText(), /Agent.*regild.*1\.0\.0.*2\.0\.0/s);
await page.fill("#new-name", "golden-updated");
await page.getByRole("button", { name: "Update now" }).click();
await page.waitForURL("**/images/golden-updated");

const steps = ["Prepare", "Resolve", "Fetch", "Apply", "Verify", "Seal", "Qualify", "Publish"];
// A step that goes on is seen while it does.
await page.locator(".steps li", { hasText: "Qualify" }).waitFor(LONG);
await page.locator("h1 .mark", { hasText: "Available" }).waitFor(LONG);
await page.locator("summary", { hasText: "Steps" }).click();
assert.deepEqual(await page.locator(".steps li strong").allInnerTexts(), steps);
await page.getByText("Every change below is in the image").waitFor();
assert.match(await page.locator("section", { hasText: "Evidence of its boot" }).innerText(), /Kernel\s+6\./);

// What QEMU saw of the guest's screen: a console with letters on it.
const screen = page.locator("img.screen");
await screen.scrollIntoViewIfNeeded();
await page.waitForFunction(() => document.querySelector("img.screen").naturalWidth >= 640);
const lit = await screen.evaluate((image) => {
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, image.naturalWidth, image.naturalHeight);
  return data.filter((value, i) => i % 4 === 0 && value > 100).length;
});
assert.ok(lit > 500, `the screen shows letters: ${lit} bright pixels`);
if (process.env.REGILD_PICTURES) {
  await page.locator("section", { hasText: "Evidence of its boot" })
    .screenshot({ path: `${process.env.REGILD_PICTURES}/evidence-light.png` });
}

const statement = page.waitForEvent("download");
await page.getByRole("link", { name: "Signed statement" }).click();
assert.equal((await statement).suggestedFilename(), "golden-updated.intoto.json");

await page.goto(scene.url + "/console/compare?first=golden&second=golden-updated");
assert.match(await page.locator("section", { hasText: "Packages that differ" }).innerText(), /1 package/);

await page.goto(scene.url + "/console/images/golden-updated/export");
await page.fill("#new-name", "kept-disk");
await page.getByRole("button", { name: "Export" }).click();
await page.locator("section[aria-labelledby=exports] tr", { hasText: "kept-disk" })
  .getByText("Completed").waitFor(LONG);

await page.goto(scene.url + "/console/images/golden-updated/update");
await page.getByText("The image is up to date").waitFor();

for (const name of ["golden-updated", "golden"]) {
  await page.goto(scene.url + `/console/images/${name}/delete`);
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByText("The image is being deleted.").waitFor();
}
await page.goto(scene.url + "/console/activity");
const activity = await page.locator("table").innerText();
for (const operation of ["ConsoleLogin", "BeginUpload", "CreateImportedImage", "CreateUpdatedImage",
  "CreateExportImageTask", "DeleteImage"]) {
  assert.ok(activity.includes(operation), operation);
}

await browser.close();
console.log("done");
