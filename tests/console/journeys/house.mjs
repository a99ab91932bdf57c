// R-BILL-5, R-ACC-2, R-LIM-3, R-WEB-1: who runs the gateway sees the books with hostile words in them, audits them, follows the log's chain,
// switches the API, makes and revokes a token, seals secrets anew, and lets an address in again.
import { call, settle } from "../town.mjs";
import { send } from "../traffic.mjs";

const WHY = `<script>alert(1)</script><img src=x onerror=alert(2)> "refund" \u202Etxt.exe`;
const LONG = "W".repeat(90);
/** Whoever the proxy says; nobody of the town is there. */
const STRANGER = "203.0.113.9";

export async function run(bench) {
  const town = await settle(bench, { TOLLGATE_SERVER__TRUSTED_PROXIES: "127.0.0.1" });
  const browser = await bench.browser(town.gateway);
  await town.people.operator.enter(browser);
  await ledger(bench, browser, town);
  await log(bench, browser);
  await platform(bench, browser, town);
  await blocks(bench, browser, town);
}

/** Goes by the navigation. */
async function go(browser, name) {
  await browser.turn(name);
  await browser.quiet();
}

async function ledger(bench, browser, { gateway, people, keys }) {
  const { page } = browser;
  const { operator } = people;
  await operator.ask("POST", "/workspaces/difference-engine-ltd/credit", { amount_usd: "0.50", reason: WHY, kind: "promo" });
  // Something is under way while the page is looked at.
  const slow = send(gateway, keys.production.key, {
    path: "/v1/chat/completions",
    body: { model: "sim-anthropic", max_tokens: 50, messages: [{ role: "user", content: "Wait. [[sim: delay_ms=9000]]" }] },
  });
  await browser.goto("/operator/overview");
  await page.getByText("Balances of everybody").waitFor();
  await page.getByRole("link", { name: /of it on hold/ }).click();
  const holds = page.getByRole("table", { name: "Open holds" });
  await holds.getByText("Under way").waitFor();
  bench.holds((await holds.locator("tbody tr").count()) === 1, "not one hold is open");
  await bench.looks(browser, "the ledger with an open hold");
  await slow;
  const told = await operator.ask("GET", "/ledger");
  const { data } = await operator.ask("GET", "/workspaces");
  const nano = (usd) => BigInt(usd.replace(".", "").padEnd(usd.indexOf(".") + 9, "0"));
  const sum = data.reduce((all, { balance_usd }) => all + nano(balance_usd), 0n);
  bench.holds(nano(told.balance_usd) === sum, `${told.balance_usd} is not the sum of all balances`);
  await page.getByText("Nothing is on hold").waitFor({ timeout: 20_000 });
  const moves = page.getByRole("table", { name: "Movements" });
  await moves.getByRole("cell", { name: WHY, exact: true }).waitFor();
  await page.getByRole("combobox", { name: "Workspace" }).selectOption({ label: "Analytical Engines" });
  await page.waitForURL(/of=/);
  await browser.quiet();
  bench.holds((await moves.locator("tbody tr").count()) === 1, "a workspace's movements are not its own");
  await moves.getByRole("cell", { name: "first top-up", exact: true }).waitFor();
  await page.getByText("Not since the node that answered was started").waitFor();
  await page.getByRole("button", { name: "Audit now" }).click();
  await page.getByText("Written off").waitFor();
  bench.holds((await page.getByText("Everything agrees").count()) === 2, "the audit does not say that all agrees");
  await bench.looks(browser, "an audit that is clean");
}

async function log(bench, browser) {
  const { page } = browser;
  await go(browser, "Audit log");
  const table = page.getByRole("table", { name: "Audit log" });
  await table.getByText("Gave credit").first().waitFor();
  await table.getByText("Signed in").first().waitFor();
  await table.getByRole("row", { name: /Gave credit/ }).first().getByRole("button", { name: "Details" }).click();
  await page.getByRole("dialog").getByText("onerror=alert(2)").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Check the chain" }).click();
  await page.getByText("The chain is whole").waitFor();
  await bench.looks(browser, "a chain that is whole");
  await page.getByRole("combobox", { name: "Workspace" }).selectOption({ label: "Analytical Engines" });
  await page.waitForURL(/of=/);
  await browser.quiet();
  bench.holds((await table.getByText("Signed in").count()) === 0, "the log of a workspace has what was beside it");
}

async function platform(bench, browser, { gateway, keys }) {
  const { page } = browser;
  await go(browser, "Platform");
  const dialog = page.getByRole("dialog");
  const calls = async () => (await call(gateway, keys.production.key)).status;
  await page.getByRole("button", { name: "Switch the API off" }).click();
  await dialog.getByText("Every call of every customer is refused").waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  bench.holds((await calls()) === 200, "a question that was not answered switches the API off");
  await page.getByRole("button", { name: "Switch the API off" }).click();
  await dialog.getByRole("button", { name: "Switch the API off" }).click();
  await page.getByText("Switched off for everybody").waitFor();
  bench.holds((await calls()) === 403, "calls are answered though the API is off");
  await page.getByRole("button", { name: "Switch the API on" }).click();
  await dialog.getByRole("button", { name: "Switch the API on" }).click();
  await page.getByText("Calls are answered", { exact: true }).waitFor();
  bench.holds((await calls()) === 200, "calls are refused though the API is on");
  await tokens(bench, browser, gateway);
  await page.getByRole("button", { name: "Seal with a new key" }).click();
  await dialog.getByText("Copies of the database from before").waitFor();
  await dialog.getByRole("button", { name: "Seal with a new key" }).click();
  await page.getByText(/is in force, and \d+ secrets? were sealed/).waitFor();
  bench.holds((await calls()) === 200, "calls are refused after secrets were sealed anew");
  await bench.looks(browser, "the platform");
}

async function tokens(bench, browser, gateway) {
  const { page } = browser;
  const works = async (token) =>
    (await fetch(`${gateway.origin}/api/manage/whoami`, { headers: { authorization: `Bearer ${token}` } })).status;
  await page.getByRole("button", { name: "Create a token" }).click();
  // What is wrong stands at its field.
  browser.expects(400, "/api/manage/operator-tokens");
  await page.getByRole("textbox", { name: "Name" }).fill(" ");
  await page.getByRole("button", { name: "Create token" }).click();
  await page.getByRole("textbox", { name: "Name" }).and(page.locator("[aria-invalid=true]")).waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill(`<b>${LONG}`);
  await page.getByRole("button", { name: "Create token" }).click();
  const token = await page.getByTestId("secret").innerText();
  bench.holds((await works(token)) === 200, "a new token does not work");
  await page.getByRole("checkbox", { name: "I have kept the token" }).check();
  await page.getByRole("button", { name: "Done" }).click();
  bench.holds(!(await page.content()).includes(token), "the token is still in the page");
  await page.getByRole("button", { name: `Actions for <b>${LONG}` }).click();
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByText("is refused at once").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("is revoked.").waitFor();
  bench.holds((await works(token)) === 401, "a revoked token works");
}

async function blocks(bench, browser, { gateway }) {
  const { page } = browser;
  await go(browser, "Address blocks");
  await page.getByRole("heading", { name: "No address is shut out" }).waitFor();
  const ask = async () => {
    const headers = { authorization: "Bearer sk-tg-wrong", "x-forwarded-for": STRANGER };
    return (await fetch(`${gateway.origin}/v1/models`, { headers })).status;
  };
  for (let n = 0; n < 50; n += 1) await ask();
  bench.holds((await ask()) === 403, "50 wrong keys do not shut an address out");
  await page.getByRole("button", { name: "Look again" }).click();
  await page.getByRole("table", { name: "Address blocks" }).getByRole("cell", { name: "50 failures in a row", exact: true }).waitFor();
  await page.getByText("There is one node, and this is what it knows.").waitFor();
  await bench.looks(browser, "an address that is shut out");
  await page.getByRole("button", { name: `Let ${STRANGER} in again` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Let in" }).click();
  await page.getByText(`${STRANGER} is let in again.`).waitFor();
  await page.getByRole("heading", { name: "No address is shut out" }).waitFor();
  bench.holds((await ask()) === 401, "an address that was let in is still shut out");
  await go(browser, "Audit log");
  await page.getByRole("row", { name: /Let an address in again/ }).waitFor();
}
