// J1, R-OPS-4, R-WEB-1: from a fresh data folder to the first request on screen: the operator, a provider that is tried, a model with a price, credit, a
// key, a call.
import { PASSWORD } from "../person.mjs";
import { call } from "../town.mjs";

const CREDENTIAL = "sim-credential-of-the-house";

export async function run(bench) {
  const gateway = await bench.gateway("serve");
  const browser = await bench.browser(gateway);
  const { page } = browser;
  await settle(browser, gateway);
  await page.getByRole("link", { name: "The whole gateway" }).click();
  await browser.turn("Models");
  await page.getByText("Nothing is sold yet").waitFor();
  await bench.looks(browser, "no models yet");
  await browser.turn("Tiers");
  await page.getByText("The catalogue names no tier").waitFor();
  await bench.looks(browser, "tiers that are named nowhere");
  await browser.turn("Catalogue");
  await page.getByText("Nothing was applied yet").waitFor();
  await browser.turn("Providers");
  await page.getByText("Nobody to buy from yet").waitFor();
  await bench.looks(browser, "no providers yet");
  await page.getByRole("link", { name: "Add a provider" }).click();
  await provider(bench, browser, gateway);
  await page.goto(`${browser.origin}/operator/workspaces`);
  await page.getByRole("link", { name: "Acme" }).click();
  await page.getByRole("button", { name: "Give credit" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Amount in USD" }).fill("5");
  await dialog.getByRole("textbox", { name: "Reason" }).fill("to begin with");
  await dialog.getByRole("button", { name: "Give credit" }).click();
  await page.getByText("$5.000000 given.").waitFor();
  await page.goto(`${browser.origin}/keys/new?workspace=acme`);
  await page.getByRole("textbox", { name: "Name" }).first().fill("first");
  await page.getByRole("button", { name: "Create key" }).click();
  const key = (await page.getByTestId("secret").innerText()).trim();
  await page.getByRole("checkbox", { name: "I have kept the key" }).check();
  await page.getByRole("button", { name: "Done" }).click();
  await page.goto(`${browser.origin}/requests?workspace=acme`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.locator("[data-phase=live]").waitFor();
  const answer = await call(gateway, key, "acme/first");
  bench.holds(answer.status === 200, `the first call has ${answer.status} ${JSON.stringify(answer.body)}`);
  await page.getByRole("table", { name: "Requests" }).getByRole("row", { name: /acme\/first/ }).first().waitFor();
  bench.holds(!gateway.log.includes(CREDENTIAL), "the log has a credential");
}

/** The operator, and a workspace. */
async function settle({ page, origin }, gateway) {
  await page.goto(`${origin}/setup`);
  await page.getByRole("textbox", { name: "Set-up token" }).fill(gateway.file("setup.token"));
  await page.getByRole("textbox", { name: "Your name" }).fill("Olga");
  await page.getByRole("textbox", { name: "Email" }).fill("olga@example.com");
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Make the operator" }).click();
  await page.getByRole("heading", { name: "You run this gateway" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Email" }).fill("olga@example.com");
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Make a workspace" }).waitFor();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Acme");
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByRole("heading", { name: "Getting started" }).waitFor();
}

/** A provider that is tried: at a dead port, then where it is. */
async function provider(bench, browser, gateway) {
  const { page } = browser;
  // What is known of a vendor is filled in, and may be left again.
  await page.getByRole("combobox", { name: "Begin with" }).selectOption("anthropic");
  bench.holds((await page.getByRole("textbox", { name: "Address" }).inputValue()) === "https://api.anthropic.com/v1", "a preset fills no address in");
  await page.getByRole("combobox", { name: "Begin with" }).selectOption("");
  await page.getByRole("textbox", { name: "Name" }).fill("first-provider");
  await page.getByRole("combobox", { name: "Language" }).selectOption("openai");
  await page.getByRole("textbox", { name: "Address" }).fill("http://127.0.0.1:1/v1");
  await page.getByLabel("Credential 1", { exact: true }).fill(CREDENTIAL);
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText("Nobody takes connections there").waitFor();
  await bench.looks(browser, "a provider that does not answer");
  await page.getByRole("textbox", { name: "Address" }).fill("no address");
  browser.expects(400, "/api/manage/providers/try");
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText(/^base_url: /).waitFor();
  await page.getByRole("textbox", { name: "Address" }).fill(`http://127.0.0.1:${gateway.simPort}/openai/v1`);
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText("It works").waitFor();
  await page.getByText(/^[\d,]+ ms, status 200$/).waitFor();
  await page.getByRole("checkbox", { name: "Sell sim-openai", exact: true }).check();
  const sold = page.getByRole("group", { name: "sim-openai", exact: true });
  await sold.getByRole("textbox", { name: "Sold as" }).fill("acme/first");
  await sold.getByRole("textbox", { name: "Input" }).fill("1,5");
  await sold.getByRole("textbox", { name: "Output" }).fill("6.00");
  await sold.getByRole("textbox", { name: "Context, tokens" }).fill("128000");
  await sold.getByRole("textbox", { name: "Longest answer, tokens" }).fill("16384");
  await page.getByText("Check every price").waitFor();
  browser.expects(400, "/api/manage/catalogue");
  await page.getByRole("button", { name: "Look at the difference" }).click();
  await sold.getByRole("textbox", { name: "Input" }).and(page.locator("[aria-invalid=true]")).waitFor();
  await sold.getByRole("textbox", { name: "Input" }).fill("1.50");
  await bench.looks(browser, "the way to a provider");
  await page.getByRole("button", { name: "Look at the difference" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Model acme/first").waitFor();
  await dialog.getByText("1 stored").waitFor();
  await bench.looks(browser, "the difference of a first provider");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved. Version 1 is in force.").waitFor();
  await page.getByRole("heading", { name: "first-provider", level: 1 }).waitFor();
}
