// R-ACC-2, R-WEB-1: who runs the gateway sees everybody's requests with who served them, gives credit, suspends a workspace and lets it in again,
// shuts a user out; nobody else finds these pages.
import { call, settle } from "../town.mjs";
import { FAILED } from "../traffic.mjs";

/** Who serves calls of the town without a key of the workspace's own. */
const PROVIDER = "simulated-anthropic";
const FAILING = "simulated-openai";

export async function run(bench) {
  const town = await settle(bench);
  const browser = await bench.browser(town.gateway);
  await town.people.operator.enter(browser);
  await browser.goto("/overview?workspace=analytical-engines");
  await browser.page.getByRole("link", { name: "The whole gateway" }).click();
  await browser.page.getByRole("heading", { name: "Failed in the last 24 hours" }).waitFor();
  await requests(bench, browser, town);
  await credit(bench, browser, town);
  await suspends(bench, browser, town);
  await missing(bench, browser);
  await users(bench, browser, town);
  await nobodyElse(bench, town);
}

async function requests(bench, browser, town) {
  const { page } = browser;
  await browser.turn("Requests");
  const table = page.getByRole("table", { name: "Requests" });
  await table.waitFor();
  await page.getByRole("combobox", { name: "Provider" }).selectOption(PROVIDER);
  await page.waitForURL(/provider=simulated-anthropic/);
  await browser.quiet();
  const providers = await table.locator("tbody tr td:nth-child(4)").allInnerTexts();
  bench.holds(providers.length > 0 && providers.every((name) => name === PROVIDER), `served by ${providers}`);
  // A call that ends now is there without asking, where it fits.
  const before = await table.locator("tbody tr").count();
  await page.locator("[data-phase=live]").waitFor();
  await call(town.gateway, town.keys.production.key);
  await table.locator("tbody tr").nth(before).waitFor();
  await page.goto(`${browser.origin}/operator/requests/${town.requests[FAILED]}`);
  await page.getByRole("table", { name: "Attempts that failed before" }).getByText(FAILING).first().waitFor();
  await page.getByRole("link", { name: "Analytical Engines" }).waitFor();
}

async function credit(bench, browser, { people, place }) {
  const { page } = browser;
  await browser.turn("Workspaces");
  await page.getByRole("searchbox", { name: "Find" }).fill("engines");
  await page.getByRole("link", { name: "Analytical Engines" }).click();
  await page.getByRole("button", { name: "Give credit" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Reason" }).fill("an invoice");
  await dialog.getByRole("textbox", { name: "Amount in USD" }).fill("-3");
  await dialog.getByRole("button", { name: "Give credit" }).click();
  await dialog.getByText("An amount such as 25 or 12.50, more than 0").waitFor();
  await dialog.getByRole("textbox", { name: "Amount in USD" }).fill("$1,000.10");
  const before = (await people.operator.ask("GET", place)).balance_usd;
  await dialog.getByRole("button", { name: "Give credit" }).click();
  await page.getByText("$1,000.100000 given.").waitFor();
  const after = (await people.operator.ask("GET", place)).balance_usd;
  const given = micro(after) - micro(before);
  bench.holds(given === 1_000_100_000n, `${before} became ${after}`);
}

/** Whole micro-USD of an exact amount. */
function micro(usd) {
  const [whole, fraction = ""] = usd.split(".");
  return BigInt(whole + fraction.padEnd(6, "0").slice(0, 6));
}

async function suspends(bench, browser, { gateway, keys }) {
  const { page } = browser;
  const calls = async () => (await call(gateway, keys.production.key)).status;
  await page.getByRole("button", { name: "Suspend" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Every call with a key of Analytical Engines is refused").waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  bench.holds((await calls()) === 200, "a question that was not answered suspends");
  await page.getByRole("button", { name: "Suspend" }).click();
  await dialog.getByRole("button", { name: "Suspend" }).click();
  await page.getByText("Analytical Engines is suspended.").waitFor();
  bench.holds((await calls()) === 403, "a suspended workspace is answered");
  await bench.looks(browser, "a suspended workspace");
  await page.getByRole("button", { name: "Let in again" }).click();
  await dialog.getByRole("button", { name: "Let in again" }).click();
  await page.getByText("Analytical Engines is let in again.").waitFor();
  bench.holds((await calls()) === 200, "a workspace that was let in again is refused");
}

/** A part that could not be told says so, and the others are there. */
async function missing(bench, browser) {
  const { page } = browser;
  browser.expects(500, "/api/manage/workspaces/");
  const told = { status: 500, contentType: "application/problem+json", body: JSON.stringify({ status: 500, title: "x", detail: "No keys today.", code: "internal" }) };
  await page.route(/manage\/workspaces\/[^/]+\/keys/, (route) => route.fulfill(told));
  await page.reload();
  await page.getByRole("alert").getByText("No keys today.").waitFor();
  await page.getByRole("table", { name: "Members" }).waitFor();
  await page.unroute(/manage\/workspaces\/[^/]+\/keys/);
}

async function users(bench, browser, { people }) {
  const { page } = browser;
  await browser.turn("Users");
  await page.getByRole("searchbox", { name: "Find" }).fill("vera@");
  await page.getByRole("table", { name: "Users" }).getByText("olga@example.com").waitFor({ state: "detached" });
  bench.holds((await page.getByRole("table", { name: "Users" }).locator("tbody tr").count()) === 1, "more than one is found");
  await page.getByRole("button", { name: "Actions for Vera Rubin" }).click();
  await page.getByRole("menuitem", { name: "Shut out" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Shut out" }).click();
  await page.getByText("Vera Rubin is shut out.").waitFor();
  const refused = await people.viewer.ask("GET", "/whoami").then(() => false, (thrown) => /40[13]/.test(thrown.message));
  bench.holds(refused, "who is shut out is still signed in");
  // The last operator stays.
  browser.expects(409, "/api/manage/users/");
  await page.getByRole("searchbox", { name: "Find" }).fill("olga");
  await page.getByRole("button", { name: "Actions for Olga Operator" }).click();
  await page.getByRole("menuitem", { name: "No operator any more" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take it away" }).click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
}

async function nobodyElse(bench, town) {
  const browser = await bench.browser(town.gateway);
  await town.people.ada.enter(browser);
  for (const path of ["/operator", "/operator/users", `/operator/requests/${town.requests[FAILED]}`]) {
    await browser.goto(path);
    await browser.page.getByRole("heading", { name: "There is no such page" }).waitFor();
  }
  await browser.goto("/overview?workspace=analytical-engines");
  await browser.page.getByRole("heading", { name: "Overview" }).waitFor();
  const links = await browser.page.getByRole("navigation").getByRole("link").allInnerTexts();
  bench.holds(!links.includes("The whole gateway"), "members are led to the operators' pages");
}
