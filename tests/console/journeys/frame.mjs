// R-WEB-1: what is around every page: palette, workspaces, appearance that is kept and never flashes, many tabs, the files' headers.
import { settle } from "../town.mjs";

const TABS = 10;

export async function run(bench) {
  const town = await settle(bench);
  const browser = await bench.browser(town.gateway);
  await town.people.ada.enter(browser);
  const { page } = browser;
  await palette(bench, browser);
  await appearance(bench, browser);
  await phone(bench, browser);
  // Ten tabs load, and each is signed in.
  const tabs = await Promise.all(Array.from({ length: TABS }, () => browser.context.newPage()));
  await Promise.all(tabs.map((tab) => tab.goto(`${browser.origin}/keys`)));
  for (const tab of tabs) await tab.getByRole("heading", { name: "API keys" }).waitFor();
  for (const tab of tabs) await tab.close();
  // Every wrong field is told at its place, all at once.
  browser.expects(400, "/api/manage/workspaces/");
  await browser.goto("/keys/new?workspace=analytical-engines");
  await page.getByRole("textbox", { name: "Name" }).first().fill("wrong");
  await page.getByRole("textbox", { name: "Addresses" }).fill("nonsense 10.0.0.0/8");
  await page.getByRole("textbox", { name: "Fallback model" }).fill("nobody");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByText("there is no such model").waitFor();
  bench.holds((await page.locator("[aria-invalid=true]").count()) >= 1, "no field is marked");
  bench.holds(/\[0\]/.test(await page.getByRole("main").innerText()), "which address is wrong is not told");
  await bench.looks(browser, "a form with wrong fields");
}

async function palette(bench, browser) {
  const { page } = browser;
  await browser.goto("/keys?workspace=analytical-engines");
  await page.getByRole("heading", { name: "API keys" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("diff");
  await page.getByRole("option", { name: "Difference Engine Ltd" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Getting started" }).waitFor();
  bench.holds(new URL(page.url()).searchParams.get("workspace") === "difference-engine-ltd", "the workspace is not switched");
  // It stays the one that is looked at, on pages that name none too.
  await browser.goto("/account");
  await page.getByRole("button", { name: "Switch workspace, Difference Engine Ltd" }).click();
  await page.getByRole("menuitem", { name: "Analytical Engines" }).click();
  await page.getByRole("heading", { name: "Recent requests" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("nothing like this");
  await page.getByText("Nothing fits").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("create key");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Create an API key" }).waitFor();
}

async function appearance(bench, browser) {
  const { page } = browser;
  await page.emulateMedia({ colorScheme: "light" });
  const scheme = () => page.evaluate(() => document.documentElement.dataset.mantineColorScheme);
  const choose = async (name) => {
    await page.getByRole("button", { name: "Account of Ada Lovelace" }).click();
    await page.getByRole("menuitemradio", { name }).click();
    await page.keyboard.press("Escape");
  };
  await browser.goto("/keys");
  await choose("Dark");
  bench.holds((await scheme()) === "dark", "dark is not chosen");
  // It is dark before the first paint: the page alone says so, without the console's script.
  const html = await page.evaluate(async () => (await fetch("/keys")).text());
  bench.holds(html.indexOf("tollgate-color-scheme") < html.indexOf("type=\"module\""), "the scheme is chosen after the script");
  await page.reload();
  await page.getByRole("heading", { name: "API keys" }).waitFor();
  bench.holds((await scheme()) === "dark", "dark is not kept");
  await choose("System");
  bench.holds((await scheme()) === "light", "the system's scheme is not followed");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForFunction(() => document.documentElement.dataset.mantineColorScheme === "dark");
  await page.emulateMedia({ colorScheme: "light" });
}

/** On a phone the navigation is a drawer that a link closes. */
async function phone(bench, browser) {
  const { page } = browser;
  await page.setViewportSize({ width: 390, height: 844 });
  await browser.goto("/keys?workspace=analytical-engines");
  await page.getByRole("button", { name: "Open the navigation" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "Team" }).click();
  await page.getByRole("heading", { name: "Team" }).waitFor();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Open the navigation" }).click();
  await bench.looks(browser, "the drawer");
  await page.keyboard.press("Escape");
  await page.setViewportSize({ width: 1280, height: 860 });
}
