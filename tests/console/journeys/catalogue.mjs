// J5 (as far as routing goes), R-OPS-4, R-WEB-1: a provider fails, its operator sees which, switches its routes off, and calls go on by the other;
// what two operators change at once is not undone; what is wrong is told where it stands; no credential is ever shown.
import { createServer } from "node:http";
import { Person } from "../person.mjs";
import { call, catalogue, found } from "../town.mjs";

const MODEL = "ez-code";
const SECRET = "sk-canary-of-the-journey";
const HOSTILE = `<img src=x onerror=alert(5)>`;

export async function run(bench) {
  const gateway = await found(bench);
  const operator = await Person.operate(gateway, "olga@example.com", "Olga Operator");
  const all = catalogue(gateway.simPort);
  const route = [
    { provider: "simulated-openai", model: "sim-openai" },
    { provider: "simulated-anthropic", model: "sim-anthropic", priority: 2 },
  ];
  await gateway.manage("PUT", "/catalogue", { ...all, model: [...all.model, { ...all.model[0], id: MODEL, route }] });
  await operator.ask("POST", "/workspaces", { name: "Acme" });
  await operator.ask("POST", "/workspaces/acme/credit", { amount_usd: "5.00", reason: "a journey" });
  const { key } = await operator.ask("POST", "/workspaces/acme/keys", { name: "k" });
  const browser = await bench.browser(gateway);
  await operator.enter(browser);
  await incident(bench, browser, gateway, key);
  await together(bench, browser, gateway);
  await gone(bench, browser, gateway);
  await wrongFields(bench, browser);
  await secrets(bench, browser, gateway);
  await tiers(bench, browser);
  await history(bench, browser, gateway);
  await whole(bench, browser, gateway);
  await hostile(bench, browser);
  await removes(bench, browser, gateway);
}

/** What the simulated providers are told and tell. */
async function sim(gateway, method, what, body) {
  const answer = await fetch(`http://127.0.0.1:${gateway.simPort}/_sim/${what}`, { method, body: body && JSON.stringify(body) });
  return answer.json();
}

async function save(page) {
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByText(/^Saved\. Version \d+ is in force\.$/).last().waitFor();
  await page.getByRole("dialog").first().waitFor({ state: "hidden" });
}

async function incident(bench, browser, gateway, key) {
  const { page } = browser;
  await sim(gateway, "POST", "script", { fail_next: 1000, status: 503, provider: "openai" });
  const during = await call(gateway, key, MODEL);
  bench.holds(during.status === 200, `while one provider fails a call has ${during.status}`);
  await browser.goto("/operator/overview");
  await browser.turn("Providers");
  const row = page.getByRole("row", { name: /simulated-openai/ });
  await row.getByText("Failed").waitFor();
  await page.getByRole("row", { name: /simulated-anthropic/ }).getByText("Answered").waitFor();
  await row.getByRole("link", { name: "simulated-openai" }).click();
  await page.getByRole("button", { name: `Switch the route of ${MODEL} off` }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("route[0].enabled").waitFor();
  bench.holds((await dialog.getByText("Nobody serves then").count()) === 0, "a model with another route is said to have none");
  await bench.looks(browser, "the difference of a route");
  await save(page);
  await page.getByRole("button", { name: `Switch the route of ${MODEL} on` }).waitFor();
  await sim(gateway, "DELETE", "requests");
  for (let n = 0; n < 3; n += 1) bench.holds((await call(gateway, key, MODEL)).status === 200, "a call is not served by the other route");
  const asked = JSON.stringify(await sim(gateway, "GET", "requests"));
  bench.holds(asked.includes("sim-anthropic") && !asked.includes("sim-openai"), `the provider that is off was asked: ${asked.slice(0, 400)}`);
  // The incident is over.
  await sim(gateway, "DELETE", "script");
  await page.getByRole("button", { name: `Switch the route of ${MODEL} on` }).click();
  await save(page);
  await sim(gateway, "DELETE", "requests");
  await call(gateway, key, MODEL);
  const again = JSON.stringify(await sim(gateway, "GET", "requests"));
  bench.holds(again.includes("sim-openai"), "a route that was switched on again is not tried");
}

/** Two operators at once: neither undoes the other, and what is saved is what was looked at. */
async function together(bench, browser, gateway) {
  const { page } = browser;
  const theirs = async (change) => {
    const docs = await gateway.manage("GET", "/catalogue");
    const model = docs.model.find(({ id }) => id === MODEL);
    await gateway.manage("PUT", "/catalogue", { model: [{ ...model, ...change }] });
  };
  await browser.goto(`/operator/models/edit?id=${MODEL}`);
  await page.getByRole("textbox", { name: "Input", exact: true }).fill("3.25");
  await theirs({ display_name: "Easy code" });
  await page.getByRole("button", { name: "Look at the difference" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Somebody else changed the catalogue").waitFor();
  await dialog.getByText("price.input").waitFor();
  bench.holds((await dialog.getByText("display_name").count()) === 0, "what somebody else set would be taken back");
  await theirs({ label: "new" });
  browser.expects(409, "/api/manage/catalogue");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText(/The catalogue is at version \d+ now/).waitFor();
  await bench.looks(browser, "a difference that is stale");
  await dialog.getByRole("button", { name: "Look again" }).click();
  await save(page);
  const { model } = await gateway.manage("GET", "/catalogue");
  const now = model.find(({ id }) => id === MODEL);
  bench.holds(now.price.input === "3.25" && now.display_name === "Easy code" && now.label === "new", `of two changes is left ${JSON.stringify(now)}`);
}

/** What somebody else removes while it is edited is said to be gone, with the way on. */
async function gone(bench, browser, gateway) {
  const { page } = browser;
  const added = { ...(await gateway.manage("GET", "/catalogue")).model[0], id: "short-lived", route: [] };
  const provider = { name: "short-lived", kind: "openai", base_url: "http://127.0.0.1:9/v1" };
  await gateway.manage("PUT", "/catalogue", { model: [added], provider: [provider] });
  const remove = async () => {
    const { tier, provider, model } = await gateway.manage("GET", "/catalogue");
    const kept = (all, name) => all.filter((one) => one[name] !== "short-lived");
    await gateway.manage("PUT", "/catalogue?prune=true", { tier, provider: kept(provider, "name"), model: kept(model, "id") });
  };
  for (const [path, field, list, shown] of [
    ["/operator/models/edit?id=short-lived", "Display name", "All models", "Models"],
    ["/operator/providers/edit?name=short-lived", "Address", "All providers", "Providers"],
  ]) {
    await gateway.manage("PUT", "/catalogue", { model: [added], provider: [provider] });
    await browser.goto(path);
    await page.getByRole("textbox", { name: field }).fill("https://typed.example/v1");
    await remove();
    await page.getByRole("button", { name: "Look at the difference" }).click();
    await page.getByRole("heading", { name: "Somebody has removed it" }).waitFor();
    bench.holds((await page.getByRole("heading", { level: 1 }).innerText()) === "short-lived", "what is gone has no name");
    await bench.looks(browser, `what is gone of ${path}`);
    await page.getByRole("link", { name: list }).click();
    await page.getByRole("heading", { name: shown, level: 1 }).waitFor();
    await browser.goto(path);
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  }
}

async function wrongFields(bench, browser) {
  const { page } = browser;
  browser.expects(400, "/api/manage/catalogue");
  await browser.goto(`/operator/models/edit?id=${MODEL}`);
  await page.getByRole("textbox", { name: "Output", exact: true }).fill("cheap");
  await page.getByRole("textbox", { name: "Further fields" }).fill('{"limits": {"concurrent": 0}}');
  await page.getByRole("textbox", { name: "Priority 2" }).fill("first");
  await page.getByRole("button", { name: "Look at the difference" }).click();
  await page.getByText("Expected a whole number").waitFor();
  await page.getByRole("textbox", { name: "Priority 2" }).fill("2");
  await page.getByRole("button", { name: "Look at the difference" }).click();
  await page.getByRole("textbox", { name: "Output", exact: true }).and(page.locator("[aria-invalid=true]")).waitFor();
  await page.getByText(/limits\.concurrent: /).waitFor();
  await bench.looks(browser, "a model with wrong fields");
}

/** A credential is written and tried, and stands nowhere afterwards. */
async function secrets(bench, browser, gateway) {
  const { page } = browser;
  await browser.goto("/operator/providers/edit?name=simulated-openai");
  await page.getByText("1 stored. Leave this empty to keep them").waitFor();
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText(/It answers, and lists \d+ models\./).waitFor();
  await page.getByRole("button", { name: "Another credential" }).click();
  await page.getByLabel("Credential 1", { exact: true }).fill(SECRET);
  await page.getByLabel("Credential 2", { exact: true }).fill(`${SECRET}-2`);
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText("It works").waitFor();
  await page.getByRole("button", { name: "Look at the difference" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("2 stored").waitFor();
  bench.holds(!(await dialog.innerText()).includes("canary"), "the difference shows a credential");
  await save(page);
  await page.getByText("2 stored. Leave this empty to keep them").waitFor();
  bench.holds(!(await page.content()).includes("canary"), "the page has a credential that was saved");
  const told = await Promise.all(["/catalogue", "/catalogue/history", "/log", "/providers"].map((path) => gateway.manage("GET", path)));
  bench.holds(!JSON.stringify(told).includes("canary"), "the API tells a credential");
  bench.holds(!gateway.log.includes("canary"), "the log has a credential");
}

async function tiers(bench, browser) {
  const { page } = browser;
  browser.expects(400, "/api/manage/catalogue");
  await browser.goto("/operator/tiers");
  await page.getByRole("button", { name: "Add a tier" }).click();
  const form = page.getByRole("dialog").first();
  await form.getByRole("textbox", { name: "Name" }).fill("town");
  await form.getByRole("textbox", { name: "Requests at once" }).fill("7");
  await form.getByRole("button", { name: "Look at the difference" }).click();
  await form.getByText("There is a tier of this name already.").waitFor();
  await form.getByRole("textbox", { name: "Name" }).fill("team");
  await form.getByRole("button", { name: "Look at the difference" }).click();
  await form.getByRole("textbox", { name: "Requests in any 60 seconds" }).and(page.locator("[aria-invalid=true]")).waitFor();
  await form.getByRole("textbox", { name: "Requests in any 60 seconds" }).fill("60");
  await form.getByRole("textbox", { name: "Requests in a UTC day" }).fill("5000");
  await form.getByRole("button", { name: "Look at the difference" }).click();
  await page.getByRole("dialog", { name: "What will change" }).getByRole("button", { name: "Save" }).click();
  await page.getByRole("table", { name: "Tiers" }).getByText("team").waitFor();
  await bench.looks(browser, "tiers");
}

async function history(bench, browser, gateway) {
  const { page } = browser;
  await browser.turn("Catalogue");
  const table = page.getByRole("table", { name: "Catalogue" });
  await table.waitFor();
  const { version } = await gateway.manage("GET", "/catalogue");
  bench.holds((await table.locator("tbody tr").count()) === version, "not every version is listed");
  await table.getByText("olga@example.com").first().waitFor();
  await page.getByRole("button", { name: `Difference of version ${version}` }).click();
  await page.getByRole("dialog").getByText("Tier team").waitFor();
  await bench.looks(browser, "the difference of a version");
  await page.keyboard.press("Escape");
}

/** The whole document: what is wrong is told by its place. */
async function whole(bench, browser, gateway) {
  const { page } = browser;
  await page.getByRole("link", { name: "Edit it as a whole" }).click();
  const field = page.getByRole("textbox", { name: "Catalogue" });
  const text = await field.inputValue();
  const look = () => page.getByRole("button", { name: "Look at the difference" }).click();
  await field.fill(text.slice(1));
  await look();
  await page.getByText("This is no JSON").waitFor();
  const docs = JSON.parse(text);
  const wrong = structuredClone(docs);
  wrong.model[1].price.input = 2.5;
  wrong.model[2].route[0].provider = "nobody";
  browser.expects(400, "/api/manage/catalogue");
  await field.fill(JSON.stringify(wrong));
  await look();
  await page.getByText(/^model\[1\]\.price/).waitFor();
  await page.getByText(/^model\[2\]\.route\[0\]\.provider/).waitFor();
  docs.model[0].label = "kept";
  await field.fill(JSON.stringify(docs));
  await look();
  await page.getByRole("dialog").getByText("label").waitFor();
  await save(page);
  const now = await gateway.manage("GET", "/catalogue");
  bench.holds(now.model[0].label === "kept" && now.model.length === docs.model.length, "the whole document was not saved as it is");
}

/** A provider that lists hostile names: they are shown as they are. */
async function hostile(bench, browser) {
  const { page } = browser;
  const names = [HOSTILE, `"'></option>${"{{7*7}}"}`, "x".repeat(200), "\u202Etxt.exe"];
  const server = createServer((_, answer) => {
    answer.writeHead(200, { "content-type": "application/json" });
    answer.end(JSON.stringify({ data: names.map((id) => ({ id })) }));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  await browser.goto("/operator/providers/new");
  await page.getByRole("textbox", { name: "Name" }).fill("hostile");
  await page.getByRole("textbox", { name: "Address" }).fill(`http://127.0.0.1:${server.address().port}/v1`);
  await page.getByLabel("Credential 1", { exact: true }).fill("none");
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText("lists 4 models").waitFor();
  await page.getByRole("checkbox", { name: `Sell ${HOSTILE}` }).check();
  const sold = page.getByRole("group", { name: HOSTILE });
  await sold.getByRole("textbox", { name: "Sold as" }).fill("<b>bold</b>");
  await sold.getByRole("textbox", { name: "Context, tokens" }).fill("1000");
  await sold.getByRole("textbox", { name: "Longest answer, tokens" }).fill("100");
  await bench.looks(browser, "a hostile list of models");
  await page.getByRole("button", { name: "Look at the difference" }).click();
  await page.getByRole("dialog").getByText(HOSTILE).first().waitFor();
  await bench.looks(browser, "a hostile difference");
  await save(page);
  await page.getByRole("heading", { name: "hostile", level: 1 }).waitFor();
  await page.getByRole("link", { name: "<b>bold</b>" }).click();
  await page.getByRole("heading", { name: "<b>bold</b>", level: 1 }).waitFor();
  await bench.looks(browser, "a hostile model");
  bench.holds((await page.locator("main script, main img, main b").count()) === 0, "a name became an element");
  await new Promise((done) => server.close(done));
  for (const path of [`/operator/models/edit?id=${encodeURIComponent(HOSTILE)}`, "/operator/providers/edit?name=..", `/operator/models?q=${encodeURIComponent(HOSTILE)}`]) {
    await browser.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    bench.holds((await page.locator("main script, main img").count()) === 0, `${path} became an element`);
  }
}

/** A provider goes with its routes, and the models that nobody serves then are named before. */
async function removes(bench, browser, gateway) {
  const { page } = browser;
  await browser.goto("/operator/providers/edit?name=hostile");
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Nobody serves then, and calls of it are refused: <b>bold</b>").waitFor();
  await dialog.getByText("Its credentials are removed too").waitFor();
  // The catalogue is told before the providers are: the page must not say of what is just removed that somebody else did it.
  await page.route(/manage\/providers$/, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 800));
    await route.continue();
  });
  await page.evaluate(() => {
    window.gone = 0;
    const look = () => (window.gone += Number(document.body.innerText.includes("Somebody has removed it")));
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
  });
  await bench.looks(browser, "the removal of a provider");
  await dialog.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("heading", { name: "Providers", level: 1 }).waitFor();
  await page.unroute(/manage\/providers$/);
  bench.holds((await page.evaluate(() => window.gone)) === 0, "who removes is told that somebody has removed it");
  bench.holds((await page.getByText("hostile", { exact: true }).count()) === 0, "the list still has what was removed");
  const { provider, model } = await gateway.manage("GET", "/catalogue");
  bench.holds(!provider.some(({ name }) => name === "hostile"), "a provider that was removed is there");
  const left = model.find(({ id }) => id === "<b>bold</b>");
  bench.holds(left && (left.route ?? []).length === 0, "a route to a provider that is gone is there");
}
