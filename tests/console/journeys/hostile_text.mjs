// J10, R-WEB-1: hostile text in every name that these pages show. Nothing runs, nothing breaks, nothing is lost: it is shown as it is.
import { Person } from "../person.mjs";
import { send } from "../traffic.mjs";
import { catalogue, found } from "../town.mjs";

const SCRIPT = `<script>alert(1)</script><img src=x onerror=alert(2)>"'\`</td></table>{{7*7}}\${7}`;
const LONG = "W".repeat(100);
const HOSTILE_MODEL = `<img/src=x/onerror=alert(3)>`;
const SESSION = `<svg/onload=alert(4)>"'`;
const CLIENT = "=cmd|'/c'!A1<script>";
const CALLS = "calls <b>";
const TURNED = "\u202Etxt.exe";

export async function run(bench) {
  const gateway = await found(bench);
  const ada = await Person.arrive(gateway, "ada@example.com", SCRIPT, "Hostile");
  const operator = await Person.operate(gateway, "olga@example.com", SCRIPT);
  const place = "/workspaces/hostile";
  const keys = await fill(ada, operator, place);
  const calls = await callAll(gateway, ada, operator, place);
  const browser = await bench.browser(gateway);
  await ada.enter(browser);
  const { page } = browser;
  const W = "?workspace=hostile";
  for (const [name, path, shown] of [
    ["overview", `/overview${W}`, [HOSTILE_MODEL]],
    ["requests", `/requests${W}`, [HOSTILE_MODEL]],
    ["a request", `/requests/${calls[0]}${W}`, [SESSION, CLIENT]],
    ["usage by model", `/usage${W}&range=24h`, [HOSTILE_MODEL]],
    ["usage by key", `/usage${W}&range=24h&by=key`, [CALLS]],
    ["models", `/models${W}`, [HOSTILE_MODEL, "<b>new</b>"]],
    ["playground", `/playground${W}`, []],
    ["keys", `/keys${W}`, [SCRIPT, LONG]],
    ["key", `/keys/${keys[0].id}${W}`, [SCRIPT]],
    ["key with long names", `/keys/${keys[1].id}${W}`, [LONG]],
    ["edit", `/keys/${keys[0].id}/edit${W}`, []],
    ["team", `/team${W}`, [SCRIPT]],
    ["provider keys", `/provider-keys${W}`, [SCRIPT, LONG]],
    ["management keys", `/management-keys${W}`, [SCRIPT, LONG]],
    ["audit log", `/audit-log${W}`, [SCRIPT]],
    ["settings", `/settings${W}`, []],
    ["account", "/account", [SCRIPT]],
    ["new workspace", "/new-workspace", []],
  ]) {
    await browser.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await browser.quiet();
    for (const text of shown) {
      bench.holds(await shows(page, text), `${name}: ${text} is not shown as it is`);
    }
    bench.holds((await page.locator("main script, main img").count()) === 0, `${name}: a name became an element`);
    await bench.looks(browser, `hostile ${name}`);
  }

  const house = await bench.browser(gateway);
  await operator.enter(house);
  for (const [name, path, shown] of [
    ["operators' overview", "/operator/overview", [HOSTILE_MODEL]],
    ["everybody's requests", "/operator/requests", [HOSTILE_MODEL]],
    ["everybody's request", `/operator/requests/${calls[0]}`, [SESSION, CLIENT]],
    ["everybody's usage by key", "/operator/usage?range=24h&by=key", [CALLS]],
    ["a workspace", "/operator/workspaces/hostile", [SCRIPT, LONG]],
    ["users", "/operator/users", [SCRIPT]],
    ["the ledger", "/operator/ledger", [SCRIPT]],
    ["the log of everybody", "/operator/log", [SCRIPT]],
    ["everybody's models", "/operator/models", [HOSTILE_MODEL]],
    ["a model", `/operator/models/edit?id=${encodeURIComponent(HOSTILE_MODEL)}`, [HOSTILE_MODEL]],
  ]) {
    await house.goto(path);
    await house.page.getByRole("heading", { level: 1 }).waitFor();
    await house.quiet();
    for (const text of shown) {
      bench.holds(await shows(house.page, text), `${name}: ${text} is not shown as it is`);
    }
    bench.holds((await house.page.locator("main script, main img").count()) === 0, `${name}: a name became an element`);
    await bench.looks(house, `hostile ${name}`);
  }

  // Laid over pages: menus, questions, the palette, details of the log.
  await browser.goto(`/keys${W}`);
  await page.getByRole("button", { name: `Actions for ${SCRIPT}` }).click();
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  await page.getByRole("heading", { name: `Revoke ${SCRIPT}?` }).waitFor();
  await bench.looks(browser, "hostile question");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByRole("option", { name: SCRIPT }).first().waitFor();
  await bench.looks(browser, "hostile palette");
  await browser.goto(`/audit-log${W}`);
  await page.getByRole("row", { name: /Made a key/ }).last().getByRole("button").click();
  await page.getByRole("dialog").getByText("onerror").first().waitFor();
  await bench.looks(browser, "hostile details");

  // Addresses that somebody else wrote.
  for (const path of [
    `/keys?workspace=${encodeURIComponent(SCRIPT)}`,
    `/keys?workspace=hostile&before=${encodeURIComponent(SCRIPT)}`,
    `/requests/${encodeURIComponent(SCRIPT)}${W}`,
    `/requests${W}&session=${encodeURIComponent(SCRIPT)}&model=${encodeURIComponent(SCRIPT)}&from=x&since=custom`,
    `/usage${W}&range=custom&from=${encodeURIComponent(SCRIPT)}&by=${encodeURIComponent(SCRIPT)}`,
    `/models${W}&q=${encodeURIComponent(SCRIPT.slice(0, 90))}`,
    `/playground${W}&model=${encodeURIComponent(SCRIPT)}`,
    `/keys/${encodeURIComponent(SCRIPT)}${W}`,
    `/device?user_code=${encodeURIComponent(SCRIPT)}`,
    `/sign-in?next=${encodeURIComponent("javascript:alert(1)")}`,
    `/sign-in?next=${encodeURIComponent("//evil.example/x")}`,
    `/sign-in?next=${encodeURIComponent("https://evil.example/x")}`,
    `/invitation#${encodeURIComponent(SCRIPT)}`,
    `/nothing/${encodeURIComponent(SCRIPT)}`,
  ]) {
    for (const status of [400, 404]) browser.expects(status, "/");
    await browser.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    bench.holds(page.url().startsWith(gateway.origin), `${path} leads to ${page.url()}`);
    bench.holds((await page.locator("main script, main img").count()) === 0, `${path} became an element`);
  }
}

/** Whether a text is on the page, if not at once: a busy machine draws late. */
async function shows(page, text) {
  const found = page.getByText(text, { exact: true }).first();
  return found.waitFor({ state: "attached" }).then(
    () => true,
    () => false,
  );
}

/** Puts hostile text wherever the API takes text. */
async function fill(ada, operator, place) {
  const made = [];
  for (const name of [SCRIPT, LONG, TURNED]) {
    const rules = { environment: SCRIPT.slice(0, 40), metadata: { [SCRIPT.slice(0, 50)]: SCRIPT }, models: ["<b>*", "a".repeat(199)] };
    const key = await ada.ask("POST", `${place}/keys`, { name, rules }).catch(() => null);
    if (key) made.push(key);
  }
  const ends = new Date(Date.now() + 86_400_000).toISOString();
  for (const name of [SCRIPT, LONG]) {
    await ada.ask("POST", `${place}/provider-keys`, { provider: "simulated-openai", label: name, key: `sk-${name === LONG ? "long" : "script"}-0123456789` });
    await ada.ask("POST", `${place}/management-keys`, { name, role: "viewer", expires_at: ends });
    await ada.ask("POST", "/workspaces", { name });
  }
  await ada.ask("PATCH", place, { name: SCRIPT });
  await operator.ask("POST", `${place}/credit`, { amount_usd: "0.000001", reason: SCRIPT });
  return made;
}

/** Calls whose model, session and client are hostile; the ids of the requests. In the CSV no cell is a formula. */
async function callAll(gateway, ada, operator, place) {
  await operator.ask("POST", `${place}/credit`, { amount_usd: "1.00", reason: "calls" });
  const all = catalogue(gateway.simPort);
  const model = { ...all.model[1], id: HOSTILE_MODEL, label: "<b>new</b>", capabilities: ["<i>tools</i>"] };
  await gateway.manage("PUT", "/catalogue", { ...all, model: [...all.model, model] });
  const { key } = await ada.ask("POST", `${place}/keys`, { name: CALLS });
  const body = { max_tokens: 50, messages: [{ role: "user", content: SCRIPT }] };
  const ids = [];
  for (const name of [HOSTILE_MODEL, SCRIPT]) {
    const call = { path: "/v1/chat/completions", agent: CLIENT, session: SESSION, body: { ...body, model: name } };
    ids.push((await send(gateway, key, call)).id);
  }
  const csv = await fetch(`${gateway.origin}/api/manage${place}/usage.csv`, { headers: { cookie: `__Host-tollgate-session=${ada.cookie}` } });
  const text = await csv.text();
  if (/(^|,)"?[=+@-][^,\r\n]*cmd/m.test(text)) throw new Error(`a cell is a formula:\n${text}`);
  return ids;
}
