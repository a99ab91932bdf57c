// R-KEY-1, R-WEB-1: a secret is on screen once. Nothing closes it by accident, nothing of it is left in a page, a store of the browser or
// an answer of the API; what the dialog offers works.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Person } from "../person.mjs";
import { found } from "../town.mjs";

export async function run(bench) {
  const gateway = await found(bench);
  const ada = await Person.arrive(gateway, "ada@example.com", "Ada", "Engines");
  const operator = await Person.operate(gateway, "olga@example.com", "Olga");
  await operator.ask("POST", "/workspaces/engines/credit", { amount_usd: "5", reason: "x" });
  const browser = await bench.browser(gateway);
  await ada.enter(browser);
  const { page } = browser;
  const bodies = [];
  page.on("response", async (response) => {
    if (response.url().includes("/api/manage/")) bodies.push([response.request().method(), await response.text().catch(() => "")]);
  });
  await browser.goto("/keys");
  await page.getByRole("link", { name: "Create key" }).click();
  await page.getByRole("textbox", { name: "Name" }).first().fill("production");
  await page.getByRole("button", { name: "Create key" }).click();
  const key = await shown(page);
  await held(bench, browser);
  await offered(bench, gateway, page, key);
  await keep(page, "I have kept the key");
  await page.getByRole("heading", { name: "production" }).waitFor();
  await gone(bench, browser, ada, key, bodies);

  // Rotated: another text, shown once too; the old one works on for as long as was chosen.
  await page.getByRole("button", { name: "Rotate" }).click();
  await page.getByRole("combobox", { name: "The old text works on for" }).selectOption("3600");
  await page.getByRole("button", { name: "Rotate the key" }).click();
  const second = await shown(page);
  bench.holds(second !== key && second.length === key.length, "a rotation gives no new text");
  await keep(page, "I have kept the key");
  await page.getByText("Old text works until").waitFor();
  for (const text of [key, second]) bench.holds((await whoami(gateway, text)) === 200, "a text does not work after a rotation");
  await gone(bench, browser, ada, second, bodies);

  // A management key.
  await browser.goto("/management-keys");
  await page.getByRole("button", { name: "Create management key" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Terraform");
  await page.getByRole("button", { name: "Create the key" }).click();
  const managing = await shown(page);
  bench.holds(managing.startsWith("tgmk-"), "it is no management key");
  await held(bench, browser);
  await keep(page, "I have kept the key");
  await page.getByText("Terraform").waitFor();
  await gone(bench, browser, ada, managing, bodies);

  // Revoked: refused from the answer on.
  await browser.goto("/keys");
  await page.getByRole("button", { name: "Actions for production" }).click();
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  await page.getByText("This cannot be undone.").waitFor();
  await page.getByRole("button", { name: "Revoke the key" }).click();
  await page.getByText("production is revoked.").waitFor();
  for (const text of [key, second]) bench.holds((await whoami(gateway, text)) === 401, "a revoked key works");
  bench.holds(!gateway.log.includes(key) && !gateway.log.includes(managing), "a key is in the log");
}

async function shown(page) {
  const place = page.getByTestId("secret");
  await place.waitFor();
  return place.innerText();
}

async function keep(page, words) {
  await page.getByLabel(words).check();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByTestId("secret").waitFor({ state: "detached" });
}

/** Neither Escape nor a click beside it nor going back closes the dialog. */
async function held(bench, browser) {
  const { page } = browser;
  const there = () => page.getByTestId("secret").isVisible();
  for (let n = 0; n < 3; n += 1) await page.keyboard.press("Escape");
  bench.holds(await there(), "Escape closes it");
  await page.mouse.click(5, 5);
  bench.holds(await there(), "a click beside it closes it");
  browser.stays = true;
  await page.evaluate(() => history.back());
  await page.waitForTimeout(300);
  bench.holds(await there(), "going back closes it");
  const before = browser.asked;
  await page.evaluate(() => location.assign("/sign-in"));
  await page.waitForTimeout(300);
  bench.holds((await there()) && browser.asked > before, "the browser does not ask before the page is left");
  browser.stays = false;
  bench.holds(await page.getByRole("button", { name: "Done" }).isDisabled(), "it can be closed before the tick");
}

/** The file and the lines that the dialog offers do what they say. */
async function offered(bench, gateway, page, key) {
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download .env" }).click();
  const file = await downloading;
  bench.holds(file.suggestedFilename() === "tollgate.env", `the file is called ${file.suggestedFilename()}`);
  const env = readFileSync(await file.path(), "utf8");
  bench.holds(env.includes(`OPENAI_BASE_URL=${gateway.origin}/v1\nOPENAI_API_KEY=${key}\n`), `the file says ${env.replaceAll(key, "KEY")}`);
  for (const [way, sign] of [["OpenAI", '"choices"'], ["Anthropic", '"stop_reason"'], ["Whose key is it?", '"api_key"']]) {
    await page.getByText(way, { exact: true }).click();
    const line = await page.getByRole("dialog").locator("pre").last().innerText();
    const answer = execFileSync("sh", ["-c", line.replace("curl ", "curl --silent ")], { encoding: "utf8" });
    bench.holds(answer.includes(sign), `the line for ${way} gives ${answer.slice(0, 300)}`);
  }
}

/** The text is nowhere any more: not in the page, not after a reload, not where scripts keep things, in no answer but the one. */
async function gone(bench, browser, ada, text, bodies) {
  const { page } = browser;
  const look = async (when) => {
    const all = await page.evaluate(() => document.documentElement.outerHTML + JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state]));
    bench.holds(!all.includes(text), `the text is still there ${when}`);
  };
  await look("when the dialog is closed");
  const at = page.url();
  await browser.goto("/keys");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await look("in the list");
  await page.goto(at);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await browser.quiet();
  await look("after a reload");
  const reads = bodies.filter(([method, body]) => method === "GET" && body.includes(text));
  bench.holds(reads.length === 0, "a reading answer of the API has the text");
  bench.holds(bodies.filter(([, body]) => body.includes(text)).length === 1, "more than one answer has the text");
  for (const path of ["/workspaces/engines/keys", "/workspaces/engines/management-keys", "/workspaces/engines/log"]) {
    bench.holds(!JSON.stringify(await ada.ask("GET", path)).includes(text), `${path} has the text`);
  }
}

async function whoami(gateway, key) {
  const answer = await fetch(`${gateway.origin}/v1/key`, { headers: { authorization: `Bearer ${key}` } });
  return answer.status;
}
