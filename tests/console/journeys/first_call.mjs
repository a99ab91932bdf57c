// J2, R-USE-2, R-USE-3: from the first steps to a call that is on screen before a second is over; its lines sum to its charge, its charge to
// the balance, the CSV to the list.
import { Person } from "../person.mjs";
import { send } from "../traffic.mjs";
import { found } from "../town.mjs";

const W = "?workspace=engines";
const PLACE = "/workspaces/engines";
const ON_SCREEN_MS = 1_000;
const CALLS = 3;

export async function run(bench) {
  const gateway = await found(bench);
  const operator = await Person.operate(gateway, "olga@example.com", "Olga");
  const ada = await Person.arrive(gateway, "ada@example.com", "Ada", "Engines");
  await operator.ask("POST", `${PLACE}/credit`, { amount_usd: "5.00", reason: "first top-up" });
  const { key } = await ada.ask("POST", `${PLACE}/keys`, { name: "laptop" });
  const browser = await bench.browser(gateway);
  await ada.enter(browser);
  const here = { bench, gateway, ada, browser, page: browser.page, key };
  await firstSteps(here);
  await live(here);
  await charge(here);
  await filters(here);
  await table(here);
  await refusals(here);
}

/** A call as a program makes it. */
const story = (model = "sim-anthropic", more = {}) => ({
  path: "/v1/chat/completions",
  agent: "OpenAI/Python 3.51.0",
  session: "morning",
  body: { model, max_tokens: 400, stream: true, messages: [{ role: "user", content: "Hello [[sim: tokens=120 think=30 cached=3]]" }], ...more },
});

/** The steps turn green with the first call, and are gone with the next visit. */
async function firstSteps({ bench, gateway, browser, page, key }) {
  await browser.goto(`/overview${W}`);
  await page.getByText("Listening for the first request…").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await bench.looks(browser, "first steps");
  const line = await page.locator("pre").filter({ hasText: "curl" }).innerText();
  bench.holds(line.includes(`${gateway.origin}/v1/chat/completions`), `the line to paste calls ${line}`);
  await send(gateway, key, story());
  await page.getByText("Your first request arrived.").waitFor({ timeout: 2 * ON_SCREEN_MS });
  await bench.looks(browser, "first steps done");
  await page.reload();
  await page.getByRole("heading", { name: "Recent requests" }).waitFor();
  bench.holds((await page.getByRole("heading", { name: "Getting started" }).count()) === 0, "the first steps stay");
}

/** A row is there before a second is over; a list that was paused stands still. */
async function live({ bench, gateway, browser, page, key }) {
  await browser.goto(`/requests${W}`);
  await page.getByText("Live", { exact: true }).waitFor();
  for (let n = 0; n < CALLS; n += 1) {
    const call = await send(gateway, key, story());
    await row(page, call.id).waitFor({ timeout: 5 * ON_SCREEN_MS });
    const took = Date.now() - call.ended;
    bench.holds(took < ON_SCREEN_MS, `a row was on screen after ${took} ms`);
  }
  await page.getByText("All 4 that fit").waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  const call = await send(gateway, key, story("sim-openai"));
  await page.getByRole("button", { name: "Show 1 new" }).waitFor();
  bench.holds((await row(page, call.id).count()) === 0, "a paused list moves");
  await page.getByRole("button", { name: "Show 1 new" }).click();
  await row(page, call.id).waitFor();
}

const row = (page, id) => page.locator(`a[href*="/requests/${id}"]`);

/** The lines sum to the charge, and charges to what is gone from the balance. */
async function charge({ bench, ada, browser, page }) {
  const { data } = await ada.ask("GET", `${PLACE}/usage`);
  const newest = data[0];
  await row(page, newest.request_id).click();
  await page.getByRole("heading", { name: "What it cost" }).waitFor();
  const table = page.getByRole("table", { name: "What it cost" });
  const lines = await table.locator("tbody tr td:last-child").allInnerTexts();
  const sum = await table.locator("tfoot tr td:last-child").innerText();
  bench.holds(lines.length >= 2, `a charge has ${lines.length} lines`);
  bench.holds(lines.map(exact).reduce((one, other) => one + other) === exact(sum), `${lines.join(" + ")} is told as ${sum}`);
  bench.holds(exact(sum) === exact(newest.charge_usd), `${newest.charge_usd} was charged, ${sum} is told`);
  await page.getByText("morning", { exact: true }).waitFor();
  await page.getByText("OpenAI/Python").waitFor();
  await bench.looks(browser, "a charge");
  const { balance_usd } = await ada.ask("GET", PLACE);
  const spent = data.map((one) => exact(one.charge_usd)).reduce((one, other) => one + other);
  bench.holds(exact("5.00") - spent === exact(balance_usd), `${spent} was charged, ${balance_usd} is left`);
  // An id that was pasted leads there too.
  await browser.goto(`/keys${W}`);
  await page.getByRole("heading", { name: "API keys" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill(newest.request_id);
  await page.getByRole("option", { name: `Request ${newest.request_id}` }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "What it cost" }).waitFor();
}

/** An amount in pico-USD: no float touches it. */
function exact(text) {
  const [whole, fraction = ""] = text.replace(/[$,]/g, "").split(".");
  return BigInt(whole + fraction.padEnd(12, "0"));
}

/** What narrows the list stands in the address; the browser's own back takes it off. */
async function filters({ bench, gateway, browser, page, key }) {
  browser.expects(404, "/v1/");
  await send(gateway, key, story("no-such-model"));
  await browser.goto(`/requests${W}`);
  await page.getByLabel("Ending").selectOption("Refused");
  await page.getByText("All 1 that fit").waitFor();
  bench.holds(new URL(page.url()).searchParams.get("ending") === "refused", "the filter is not in the address");
  await page.getByText("404 model_not_available").waitFor();
  await page.getByLabel("Ending").selectOption("Any");
  await page.getByLabel("Model").selectOption("sim-openai");
  await page.getByText("All 1 that fit").waitFor();
  await page.goBack();
  await page.getByText("All 6 that fit").waitFor();
  await page.getByRole("button", { name: "More filters" }).click();
  await page.getByLabel("Session").fill("morning");
  await page.keyboard.press("Enter");
  await page.getByText("No totals: sums are not kept by session.").waitFor();
  await bench.looks(browser, "filters of requests");
}

/** The CSV has the rows on screen, and the sums of the page are the gateway's. */
async function table({ bench, ada, browser, page }) {
  await browser.goto(`/requests${W}&since=24h&model=sim-anthropic`);
  await page.getByText("All 4 that fit").waitFor();
  const coming = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download CSV" }).click();
  const file = await (await coming).createReadStream();
  let csv = "";
  for await (const bytes of file) csv += bytes;
  const [head, ...lines] = csv.replace(/^\uFEFF/, "").trim().split("\r\n").map((line) => line.split(","));
  const at = (name) => head.indexOf(name);
  const ids = await page.locator("tbody a[href*='/requests/req_']").evaluateAll((all) => all.map((one) => /req_[a-z0-9]+/.exec(one.href)[0]));
  const told = lines.map((line) => line[at("request_id")]);
  bench.holds([...ids].sort().join() === [...told].sort().join(), `on screen ${ids.length}, in the CSV ${told.length}: ${head.join()}`);
  const shown = await page.locator("tfoot td").last().innerText();
  const sum = lines.map((line) => exact(line[at("charge_usd")])).reduce((one, other) => one + other);
  bench.holds(sum === exact(shown), `the CSV sums to ${sum}, the last line is ${shown}`);
  const { data } = await ada.ask("GET", `${PLACE}/usage?model=sim-anthropic`);
  bench.holds(data.length === ids.length, "the list is not the API's");
  // The same sums by model.
  await browser.goto(`/usage${W}&range=24h`);
  const line = page.getByRole("table", { name: "By model" }).getByRole("row", { name: /sim-anthropic/ });
  const spend = await line.locator("td").last().innerText();
  bench.holds(exact(spend) === sum, `the table of usage has ${spend}`);
  await line.getByRole("link").click();
  await page.getByText("All 4 that fit").waitFor();
}

/** What a program is told, the screen tells too. A key that is revoked is one at once. */
async function refusals({ bench, gateway, ada, browser, page }) {
  const narrow = await ada.ask("POST", `${PLACE}/keys`, { name: "narrow", rules: { models: ["sim-openai"] } });
  await browser.goto(`/requests${W}`);
  await page.getByText("Live", { exact: true }).waitFor();
  const refused = await send(gateway, narrow.key, story("sim-anthropic"));
  bench.holds(refused.status === 403, `a model that is not allowed is ${refused.status}`);
  await page.getByText("403 model_not_allowed").waitFor({ timeout: 2 * ON_SCREEN_MS });
  await browser.goto(`/keys/${narrow.id}${W}`);
  await page.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("Revoked", { exact: true }).first().waitFor();
  const after = await send(gateway, narrow.key, story("sim-openai"));
  bench.holds(after.status === 401, `a revoked key is ${after.status}`);
}
