// R-ACC-2, R-WEB-1, R-WEB-3: an operator finds what they have in hand by one box, looks at a workspace as its members do without being able
// to change it; a member sets a machine up by one command.
import { settle } from "../town.mjs";

export async function run(bench) {
  const town = await settle(bench);
  const browser = await bench.browser(town.gateway);
  await town.people.operator.enter(browser);
  await searches(bench, browser, town);
  await looks(bench, browser, town);
  await setsUp(bench, town);
}

/** What was sent to be searched. */
function heard(page) {
  const asked = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.pathname === "/api/manage/search") asked.push(url.searchParams.get("q"));
  });
  return asked;
}

async function searches(bench, browser, { keys, requests }) {
  const { page } = browser;
  const asked = heard(page);
  await browser.goto("/operator/overview");
  await page.getByRole("heading", { level: 1 }).waitFor();
  const type = async (text) => {
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: /request id/ }).fill(text);
  };
  await type("v");
  await browser.quiet();
  bench.holds(asked.length === 0, `one letter asks: ${asked}`);
  await page.getByRole("combobox", { name: /request id/ }).fill("vera@exa");
  await page.getByRole("option", { name: "User · Vera Rubin · vera@example.com" }).waitFor();
  await bench.looks(browser, "what is found");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/operator\/users\?q=vera/);
  bench.holds(asked.join() === "vera@exa", `it was asked while one typed: ${asked}`);
  await type("analytical");
  await page.getByRole("option", { name: "Workspace · Analytical Engines · analytical-engines" }).click();
  await page.waitForURL(/\/operator\/workspaces\/ws_/);
  await type(requests[0]);
  await page.getByRole("option", { name: /^Request · sim-openai/ }).click();
  await page.waitForURL(new RegExp(`/operator/requests/${requests[0]}`));
  // A whole key that was pasted is found, and does not go into an address.
  await type(keys.production.key);
  await page.getByRole("option", { name: /^Key · production/ }).click();
  await page.waitForURL(new RegExp(`key=${keys.production.id}`));
  bench.holds(asked.at(-1) === keys.production.prefix, `${asked.at(-1)} was sent of a key`);
  await type("nothing like that");
  await page.getByText("Nothing fits").waitFor();
  await page.keyboard.press("Escape");
}

async function looks(bench, browser, { people, place }) {
  const { page } = browser;
  await browser.goto("/operator/workspaces/analytical-engines");
  await page.getByRole("button", { name: "Look at it as its members do" }).click();
  const band = page.getByText("You look at Analytical Engines as an operator. Nothing can be changed here.");
  await band.waitFor();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await browser.quiet();
  await bench.looks(browser, "a look");
  // From page to page, and over a reload.
  await browser.turn("API keys");
  await page.getByRole("table", { name: "API keys" }).waitFor();
  bench.holds((await page.getByRole("link", { name: "Create key" }).count()) === 0, "keys can be made while looking");
  await page.reload();
  await band.waitFor();
  // Whatever a page offers is refused.
  browser.expects(403, "/api/manage/workspaces/");
  await browser.turn("Management keys");
  await page.getByRole("button", { name: "Create management key" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("slip");
  await page.getByRole("button", { name: "Create the key" }).click();
  await page.getByRole("dialog").getByText("You look at this workspace as an operator: nothing can be changed here.").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  const { data } = await people.ada.ask("GET", `${place}/management-keys`);
  bench.holds(!data.some(({ name }) => name === "slip"), "something was made while looking");
  // Its members see who looked.
  const log = await people.ada.ask("GET", `${place}/log?limit=1`);
  bench.holds(log.data[0].action === "workspace.look" && log.data[0].actor === "olga@example.com", "the look is not in its log");
  // A link to a look, in a tab that has begun none, begins another.
  const at = new URL(page.url()).searchParams.get("look");
  await page.evaluate(() => sessionStorage.clear());
  await browser.goto(`/keys?workspace=analytical-engines&look=${at}`);
  await band.waitFor();
  const looks = (await people.ada.ask("GET", `${place}/log?limit=2`)).data.filter(({ action }) => action === "workspace.look");
  bench.holds(looks.length === 2, "a look that was linked to is not in the log");
  // Another workspace is not looked at by the same word.
  await browser.goto(`/team?workspace=difference-engine-ltd&look=${at}`);
  await page.getByRole("button", { name: "Invite" }).waitFor();
  bench.holds(!page.url().includes("look="), "a look goes on in another workspace");
  bench.holds((await page.getByText("as an operator. Nothing can be changed").count()) === 0, "a look is said that is none");
  // Behind the way back all rights are there again.
  await browser.goto(`/team?workspace=analytical-engines&look=${at}`);
  await band.waitFor();
  bench.holds((await page.getByRole("button", { name: "Invite" }).count()) === 0, "people can be invited while looking");
  await page.getByRole("link", { name: "Back to the operators' page" }).click();
  await page.getByRole("button", { name: "Suspend" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Suspend" }).click();
  await page.getByText("Analytical Engines is suspended.").waitFor();
  await page.getByRole("button", { name: "Let in again" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Let in again" }).click();
  await page.getByText("Analytical Engines is let in again.").waitFor();
}

async function setsUp(bench, { gateway, people, keys }) {
  const browser = await bench.browser(gateway);
  const { page } = browser;
  await people.ada.enter(browser);
  await browser.goto(`/keys/${keys.production.id}?workspace=analytical-engines`);
  await page.getByRole("button", { name: "Set up Claude Code" }).click();
  const line = page.getByTestId("secret");
  await line.waitFor();
  const sh = await line.innerText();
  const token = /^curl -fsSL "http:\/\/[^"]+\/install\.sh\?key=([A-Za-z0-9_-]+)" \| sh$/.exec(sh)?.[1];
  bench.holds(token !== undefined, `no command for a shell: ${sh}`);
  await page.getByRole("radio", { name: "PowerShell" }).check({ force: true });
  bench.holds((await line.innerText()).includes(`/install.ps1?key=${token}`), "no command for PowerShell");
  await bench.looks(browser, "the command for a machine");
  await page.getByRole("checkbox", { name: "I have run it" }).check();
  await page.getByRole("button", { name: "Done" }).click();
  const change = async () => {
    const body = JSON.stringify({ token, host: "<b>laptop" });
    const headers = { "content-type": "application/json" };
    return (await fetch(`${gateway.origin}/api/device/install`, { method: "POST", headers, body })).status;
  };
  bench.holds((await change()) === 200, "the token makes no key");
  bench.holds((await change()) !== 200, "the token works twice");
  await browser.goto("/keys?workspace=analytical-engines");
  // Of a name of a machine plain letters are kept.
  await page.getByText("Claude Code on blaptop").waitFor();
}
