// R-ACC-1, R-WEB-1: an empty gateway leads its operator from the line in the log to a first workspace and key.
import { PASSWORD } from "../person.mjs";

export async function run(bench) {
  const gateway = await bench.gateway("serve");
  const browser = await bench.browser(gateway);
  const { page } = browser;
  await browser.goto("/");
  await page.getByRole("link", { name: "Set up Tollgate" }).waitFor();
  const link = /link=(\S+)/.exec(gateway.log)?.[1];
  bench.holds(link === `${gateway.origin}/setup#${gateway.file("setup.token")}`, `the log tells ${link}`);
  browser.expects(400, "/api/manage/setup");
  await browser.goto("/setup");
  await page.getByRole("textbox", { name: "Set-up token" }).fill("wrong");
  await page.getByRole("textbox", { name: "Your name" }).fill("Olga");
  await page.getByRole("textbox", { name: "Email" }).fill("olga@example.com");
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Make the operator" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByRole("textbox", { name: "Set-up token" }).fill(gateway.file("setup.token"));
  await page.getByRole("button", { name: "Make the operator" }).click();
  await page.getByRole("heading", { name: "You run this gateway" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Email" }).fill("olga@example.com");
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  // There is no workspace yet: the way to the first one, and nothing that would lead nowhere.
  await page.getByRole("heading", { name: "Make a workspace" }).waitFor();
  const links = await page.getByRole("navigation").getByRole("link").allInnerTexts();
  bench.holds(links.join() === "The whole gateway", `links lead into no workspace: ${links}`);
  await bench.looks(browser, "no workspace yet");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Acme GmbH & Co.");
  await page.getByRole("textbox", { name: "Short name" }).fill("Not A Slug");
  browser.expects(400, "/api/manage/workspaces");
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByRole("textbox", { name: "Short name" }).and(page.locator("[aria-invalid=true]")).waitFor();
  await page.getByRole("textbox", { name: "Short name" }).fill("");
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByText("Acme GmbH & Co. is there.").waitFor();
  await page.getByRole("heading", { name: "Getting started" }).waitFor();
  await browser.goto("/setup");
  await page.getByRole("heading", { name: "This gateway is set up already" }).waitFor();
}
