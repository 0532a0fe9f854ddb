// Uses the console in Debian's Chromium while things go wrong: the server restarts, the network is
// slow, a page of another site tries its luck. Argument: a JSON with url, key, secret and control, the
// address at which the test has things happen to the server.
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

async function happen(what) {
  const answer = await fetch(`${scene.control}/${what}`, { method: "POST" });
  assert.equal(answer.status, 200, await answer.text());
}

// The server restarts during an update: the page of the job goes on by itself, to the end.
{
  const context = await browser.newContext();
  const page = await context.newPage();
  await logIn(page);
  await page.goto(scene.url + "/console/images/office-2026-11");
  await happen("step?before-the-restart");
  await page.locator(".steps").getByText("before-the-restart").waitFor();
  await happen("restart");
  await happen("step?after-the-restart");
  await page.locator(".steps").getByText("after-the-restart").waitFor({ timeout: 60_000 });
  await happen("end");
  await page.locator("h1 .mark", { hasText: "Failed" }).waitFor();
  await context.close();
}

// On a slow network: what is typed last is what is shown, and who presses twice asks once.
{
  const context = await browser.newContext();
  const page = await context.newPage();
  await logIn(page);
  const session = await context.newCDPSession(page);
  await session.send("Network.emulateNetworkConditions", {
    offline: false, latency: 800, downloadThroughput: 40_000, uploadThroughput: 20_000,
  });
  await page.locator("#q").pressSequentially("office", { delay: 400 });
  await page.fill("#q", "");
  await page.locator("#q").pressSequentially("render", { delay: 100 });
  await page.waitForURL("**/console/?*q=render*");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await page.waitForTimeout(3000);
  assert.match(await page.locator("tbody tr").innerText(), /render-node/);

  await page.goto(scene.url + "/console/images/kiosk/update");
  await page.fill("#new-name", "asked-once");
  await page.evaluate(() => {
    const button = [...document.querySelectorAll("main button")].find((each) => each.textContent === "Update now");
    button.click();
    setTimeout(() => button.click(), 200);
  });
  await page.waitForURL("**/images/asked-once");
  await page.getByText("The job waits for a worker").waitFor();
  // The button for going back leads to a form that can be sent.
  await page.goBack();
  await page.fill("#new-name", "asked-again");
  await page.getByRole("button", { name: "Update now" }).click();
  await page.waitForURL("**/images/asked-again");
  await context.close();
}

// A page of another site: it can't show the console in a frame, and its forms change nothing.
{
  const context = await browser.newContext();
  const page = await context.newPage();
  await logIn(page);
  // By this name, the same machine is another site.
  const elsewhere = scene.control.replace("127.0.0.1", "localhost");
  const stranger = await context.newPage();
  await stranger.goto(`${elsewhere}/frames?${encodeURIComponent(scene.url + "/console/images/kiosk/delete")}`);
  await stranger.waitForTimeout(1000);
  for (const frame of stranger.frames().slice(1)) {
    assert.equal(await frame.locator("button").count().catch(() => 0), 0, "a frame shows " + frame.url());
  }
  await stranger.goto(`${elsewhere}/form?${encodeURIComponent(scene.url + "/console/images/kiosk/tags")}`);
  await stranger.waitForURL("**/console/**");
  await page.goto(scene.url + "/console/images/kiosk");
  assert.equal(await page.locator("[name=tags]").inputValue(), "");
  await page.getByRole("link", { name: "Delete …" }).waitFor();
  // Nor does a link that a stranger has made up lead anywhere but into the console.
  for (const next of ["https://evil.example/", "//evil.example/", "/\\evil.example", "/console/..//evil.example"]) {
    await page.goto(`${scene.url}/console/login?next=${encodeURIComponent(next)}`);
    assert.equal(new URL(page.url()).host, new URL(scene.url).host, next);
  }
  await context.close();
}

// A token that a stranger planted in the browser is not the one that a login gives rights to.
{
  const context = await browser.newContext();
  const planted = "planted-by-a-stranger-planted-by-a-stranger";
  await context.addCookies([{ name: "regild-session", value: planted, domain: new URL(scene.url).hostname, path: "/console", httpOnly: true, sameSite: "Strict" }]);
  const page = await context.newPage();
  await logIn(page);
  const cookie = (await context.cookies(scene.url + "/console/")).filter((each) => each.name === "regild-session");
  assert.equal(cookie.length, 1);
  assert.notEqual(cookie[0].value, planted);
  assert.equal(await page.evaluate(() => document.cookie.includes("regild-session")), false, "scripts read no token");
  const stranger = await browser.newContext();
  await stranger.addCookies([{ ...cookie[0], value: planted }]);
  const theirs = await stranger.newPage();
  await theirs.goto(scene.url + "/console/");
  await theirs.waitForURL("**/console/login?next=*");
  await stranger.close();
  await context.close();
}

// A session that ends while a part of a page is asked for: the whole page asks for a login.
{
  const context = await browser.newContext();
  const page = await context.newPage();
  await logIn(page);
  await context.clearCookies({ name: "regild-session" });
  await page.locator("#q").pressSequentially("office");
  await page.waitForURL("**/console/login?next=*");
  await page.fill("#key", scene.key);
  await page.fill("#secret", scene.secret);
  await page.press("#secret", "Enter");
  await page.waitForURL("**/console/?*q=*");
  await context.close();
}

await browser.close();
console.log("done");
