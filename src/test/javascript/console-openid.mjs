// Logs in to the console in Debian's Chromium by an OpenID Connect provider on another site, so that
// the browser keeps cookies back as it does in earnest. Argument: a JSON with url.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const scene = JSON.parse(process.argv[2]);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});

async function vouch(page, name) {
  await page.fill("input[name=login]", name);
  await page.fill("input[name=password]", "x");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

for (const javaScriptEnabled of [true, false]) {
  const context = await browser.newContext({ javaScriptEnabled });
  const page = await context.newPage();
  page.on("console", (message) => {
    const ours = message.location().url.startsWith(scene.url);
    assert.ok(!ours || message.type() !== "error", message.text());
  });
  await page.goto(scene.url + "/console/jobs");
  await page.getByRole("button", { name: "Log in with Example" }).click();
  await vouch(page, "ada");
  await page.waitForURL("**/console/jobs");
  await page.getByText("ada", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  // The provider asks once more, and then knows nobody in this browser.
  await page.getByRole("button", { name: "Yes, sign me out" }).click();
  await page.waitForURL("**/console/login?done=logged-out-there");
  await page.getByText("You are logged out, here and at the provider.").waitFor();
  await page.goto(scene.url + "/console/");
  await page.waitForURL("**/console/login?next=*");
  await page.getByRole("button", { name: "Log in with Example" }).click();
  await page.locator("input[name=password]").waitFor();
  await context.close();
}

// A session that ends in mid-form: the login happens in another tab, and what was typed is kept.
{
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(scene.url + "/console/login/openid?next=/console/images/office-2026-08");
  await vouch(page, "ada");
  await page.waitForURL("**/console/images/office-2026-08");
  await page.fill("[name=tags]", "typed=before");
  await context.clearCookies({ name: "regild-session" });
  await page.getByRole("button", { name: "Save the tags" }).click();
  await page.getByText("Your session has ended").waitFor();
  const opened = context.waitForEvent("page");
  await page.getByRole("button", { name: "in a new tab" }).click();
  const tab = await opened;
  // The provider remembers the person and the consent.
  await tab.waitForURL("**/console/");
  await page.getByRole("button", { name: "I am logged in: continue" }).click();
  await page.getByText("You are logged in again").waitFor();
  await page.getByRole("button", { name: "Send it" }).click();
  await page.getByText("The tags were saved.").waitFor();
  await context.close();
}

await browser.close();
console.log("done");
