// R-ACC-1, R-WEB-1: everybody sees what their role may, no dead links and no button that would be refused; who goes there by an address
// is told no in words.
import { settle } from "../town.mjs";

const W = "?workspace=analytical-engines";
const WATCH = ["Overview", "Requests", "Usage"];
const ALL = [...WATCH, "Models", "Playground", "API keys", "Team", "Provider keys", "Management keys", "Audit log", "Settings"];
const MAKING = [...WATCH, "Models", "Playground", "API keys", "Team", "Provider keys", "Settings"];
const LOOKING = MAKING.filter((name) => name !== "Playground");

export async function run(bench) {
  const town = await settle(bench);
  for (const [who, links, buttons] of [
    ["ada", ALL, ["Create key", "Invite", "Add a key"]],
    ["admin", ALL, ["Create key", "Invite", "Add a key"]],
    ["developer", MAKING, ["Create key"]],
    ["viewer", LOOKING, []],
    ["operator", [...ALL, "The whole gateway"], ["Create key", "Invite", "Add a key"]],
  ]) {
    const browser = await bench.browser(town.gateway);
    browser.expects(403, "/api/manage/");
    await town.people[who].enter(browser);
    await sees(bench, browser, who, links, buttons);
    await refused(bench, browser, who, links);
  }
}

async function sees(bench, browser, who, links, buttons) {
  const { page } = browser;
  await browser.goto(`/keys${W}`);
  await page.getByRole("heading", { name: "API keys" }).waitFor();
  const seen = await page.getByRole("navigation").getByRole("link").allInnerTexts();
  bench.holds(seen.join() === links.join(), `${who} sees ${seen.join()}`);
  const found = [];
  // The way to the gateway's own pages leaves this navigation: journeys/operator.mjs goes there.
  for (const link of links.filter((one) => one !== "The whole gateway")) {
    await browser.turn(link);
    for (const button of ["Create key", "Invite", "Add a key"]) {
      const there = page.getByRole("main").getByText(button, { exact: true });
      if ((await there.count()) > 0) found.push(button);
    }
  }
  bench.holds(found.join() === buttons.join(), `${who} is offered ${found.join()}`);
}

/** Pages that are not in the navigation say no, and break nothing. */
async function refused(bench, browser, who, links) {
  const { page } = browser;
  const hidden = [["/management-keys", "Management keys"], ["/audit-log", "Audit log"]].filter(([, name]) => !links.includes(name));
  for (const [path] of hidden) {
    await browser.goto(path + W);
    await page.getByText("Your role in this workspace does not allow this.").waitFor();
    bench.holds(/req_/.test(await page.getByRole("main").innerText()), `${who} is refused ${path} without a request id`);
    await bench.looks(browser, `${path} refused`);
  }
  if (who !== "viewer") return;
  // A form that she should not have found: refused by the server, in words, at the form.
  await browser.goto(`/keys/new${W}`);
  await page.getByRole("textbox", { name: "Name" }).first().fill("mine");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("alert").getByText("Your role in this workspace does not allow this.").waitFor();
}
