// J6, R-WEB-4: a device gets a key by a browser: its reader sees the code, what asks, from where, for what, and decides. What it calls
// itself is text, whatever it holds.
import { Person } from "../person.mjs";
import { found } from "../town.mjs";

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";

export async function run(bench) {
  const gateway = await found(bench);
  const ada = await Person.arrive(gateway, "ada@example.com", "Ada", "Analytical Engines");
  const browser = await bench.browser(gateway);
  const { page } = browser;

  // Who is not signed in signs in, and comes back to the very code.
  const first = await begin(gateway, "editor on laptop", "chat");
  await browser.goto(first.path);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByRole("textbox", { name: "Email" }).fill("ada@example.com");
  await page.getByRole("textbox", { name: "Password" }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Does the device show this code?" }).waitFor();
  const told = await page.getByRole("main").innerText();
  for (const fact of [first.user_code, "editor on laptop", "Nobody has checked this name.", "127.0.0.1", "chat", "ada@example.com", "Wait ends"]) {
    bench.holds(told.includes(fact), `the page does not tell ${fact}`);
  }
  bench.holds((await poll(gateway, first)).body.error === "authorization_pending", "a key was given before anybody decided");
  await bench.looks(browser, "deciding about a device");
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("heading", { name: "Approved" }).waitFor();
  await bench.looks(browser, "a device that was approved");
  const claimed = await poll(gateway, first, 5_100);
  bench.holds(claimed.status === 200 && claimed.body.scope === "chat", `no key came: ${JSON.stringify(claimed.body)}`);
  bench.holds((await poll(gateway, first, 5_100)).body.error === "invalid_grant", "a second claim was answered");
  const whoami = await fetch(`${gateway.origin}/v1/key`, { headers: { authorization: `Bearer ${claimed.body.access_token}` } });
  bench.holds(whoami.status === 403 || whoami.status === 200, "the key is not known");
  await page.getByRole("link", { name: "API keys" }).click();
  await page.getByRole("link", { name: "editor on laptop" }).waitFor();

  // Denied: nothing comes, and the page says so.
  const second = await begin(gateway, "somebody else", "");
  await browser.goto("/device");
  await page.getByRole("textbox", { name: "Code" }).fill(second.user_code.toLowerCase().replace("-", ""));
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByText("somebody else").waitFor();
  bench.holds((await page.getByRole("main").innerText()).includes("Everything"), "no scope is not told as everything");
  await page.getByRole("button", { name: "Deny" }).click();
  await page.getByRole("heading", { name: "Denied" }).waitFor();
  bench.holds((await poll(gateway, second)).body.error === "access_denied", "a denied device is not told");

  // A code that nobody has: words, and the field stays.
  browser.expects(404, "/api/manage/devices/look");
  browser.expects(429, "/api/manage/devices/look");
  await page.getByRole("button", { name: "Another code" }).click();
  await page.getByRole("textbox", { name: "Code" }).fill("BBBB-BBBB");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("alert").waitFor();
  bench.holds(/req_/.test(await page.getByRole("alert").innerText()), "a wrong code is told without a request id");
  for (let n = 0; n < 6; n += 1) {
    await page.getByRole("button", { name: "Go on" }).click();
    await browser.quiet();
  }
  bench.holds(/Try again in/.test(await page.getByRole("alert").innerText()), "who guesses codes is not told to wait");

  // Whatever a device calls itself is text.
  const hostile = `<img src=x onerror=alert(1)>"'</strong>{{7*7}}`;
  const third = await begin(gateway, hostile, "read");
  await new Promise((done) => setTimeout(done, 6_000));
  await browser.goto(third.path);
  await page.getByText(hostile, { exact: true }).waitFor();
  await bench.looks(browser, "a hostile device");

  // Nobody lays this page below theirs.
  const answer = await fetch(gateway.origin + third.path);
  bench.holds(answer.headers.get("x-frame-options") === "DENY", "the page may be framed");
  bench.holds(answer.headers.get("content-security-policy").includes("frame-ancestors 'none'"), "the policy lets frames in");
  await ada.ask("DELETE", "/session");
}

async function begin(gateway, client, scope) {
  const answer = await fetch(`${gateway.origin}/api/device/code`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_id: client, ...(scope ? { scope } : {}) }),
  });
  const told = await answer.json();
  return { ...told, path: `/device?user_code=${encodeURIComponent(told.user_code)}` };
}

async function poll(gateway, device, wait = 0) {
  await new Promise((done) => setTimeout(done, wait));
  const answer = await fetch(`${gateway.origin}/api/device/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ grant_type: GRANT, device_code: device.device_code }),
  });
  return { status: answer.status, body: await answer.json() };
}
