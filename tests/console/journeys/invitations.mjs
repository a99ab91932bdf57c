// R-ACC-1, R-WEB-1: who is invited comes in: with a new account, with the one that they have, and not as somebody else. Roles are changed and
// members go, each with its consequence named.
import { PASSWORD, Person } from "../person.mjs";
import { found } from "../town.mjs";

export async function run(bench) {
  const gateway = await found(bench);
  const ada = await Person.arrive(gateway, "ada@example.com", "Ada", "Engines");
  const grace = await Person.arrive(gateway, "grace@example.com", "Grace");
  const browser = await bench.browser(gateway);
  await ada.enter(browser);
  const { page } = browser;
  await browser.goto("/team");
  browser.expects(400, "/api/manage/workspaces/");
  await invite(page, "not an address@", "developer").catch(() => {});
  for (const [email, role] of [["mary@example.com", "developer"], ["grace@example.com", "viewer"]]) {
    await browser.goto("/team");
    await invite(page, email, role);
    await page.getByText(`An invitation to ${email} is on its way.`).waitFor();
  }
  await bench.looks(browser, "a team with invitations");
  await newcomer(bench, gateway);
  await known(bench, gateway, grace);
  await changes(bench, browser);
}

async function invite(page, email, role) {
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByRole("textbox", { name: "Email" }).fill(email);
  await page.getByRole("combobox", { name: "Role" }).selectOption(role);
  await page.getByRole("button", { name: "Send the invitation" }).click();
  await page.getByRole("dialog").waitFor({ state: "hidden", timeout: 5_000 });
}

/** Mary has no account: she makes one on the spot, and is in. */
async function newcomer(bench, gateway) {
  const browser = await bench.browser(gateway);
  const { page } = browser;
  await browser.goto(await gateway.letter("mary@example.com", "invitation"));
  await page.getByText("Into the workspace Engines").waitFor();
  bench.holds(!page.url().includes("#"), "the token stays in the address");
  await bench.looks(browser, "an invitation");
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByRole("textbox", { name: "Your name" }).fill("Mary");
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("You are in Engines now.").waitFor();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.getByRole("button", { name: "Switch workspace, Engines" }).waitFor();
}

/** Grace has one: somebody else's session is told apart, then she signs in and accepts. */
async function known(bench, gateway, grace) {
  const browser = await bench.browser(gateway);
  const { page } = browser;
  const other = await Person.arrive(gateway, "olga@example.com", "Olga");
  await other.enter(browser);
  const link = await gateway.letter("grace@example.com", "invitation");
  await browser.goto(link);
  await page.getByText("You are signed in with another address. The invitation is to grace@example.com.").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await browser.goto(link);
  await page.getByRole("button", { name: "I have an account" }).click();
  await page.getByRole("textbox", { name: "Email" }).fill(grace.email);
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Accept the invitation" }).click();
  await page.getByText("You are in Engines now.").waitFor();
  await page.getByRole("button", { name: "Switch workspace, Engines" }).waitFor();
  // It works once.
  browser.expects(400, "/api/manage/invitations/look");
  await browser.goto("/account");
  await browser.goto(link);
  await page.getByRole("heading", { name: "This invitation is of no use any more" }).waitFor();
}

async function changes(bench, browser) {
  const { page } = browser;
  await browser.goto("/team");
  await page.getByRole("button", { name: "Actions for Mary" }).click();
  await page.getByRole("menuitem", { name: "Change the role" }).click();
  await page.getByRole("combobox", { name: "Role" }).selectOption("admin");
  await page.getByText("Members, invitations and every kind of key").waitFor();
  await page.getByRole("button", { name: "Change the role" }).click();
  await page.getByText("Mary is Admin now.").waitFor();
  await page.getByRole("button", { name: "Actions for Grace" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await page.getByText("All their API keys in this workspace are revoked").waitFor();
  await page.getByRole("button", { name: "Remove the member" }).click();
  await page.getByText("Grace is out.").waitFor();
  bench.holds((await page.getByRole("table", { name: "Members" }).getByText("grace@example.com").count()) === 0, "Grace is still there");
  // The last owner stays: the server says no, and the question tells it.
  browser.expects(409, "/api/manage/workspaces/");
  await page.getByRole("button", { name: "Actions for Ada" }).click();
  await page.getByRole("menuitem", { name: "Leave the workspace" }).click();
  await page.getByText("You lose access at once").waitFor();
  await page.getByRole("button", { name: "Leave the workspace" }).click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await bench.looks(browser, "a question that was refused");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("table", { name: "Members" }).getByText("ada@example.com").waitFor();
}
