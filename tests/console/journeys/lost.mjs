// R-WEB-1: ten ways to lose a session or the gateway while a page is open. Each is told in words, nothing is lost that was typed, and there
// is a way on to where one was.
import { PASSWORD, Person } from "../person.mjs";
import { found } from "../town.mjs";

const W = "?workspace=engines";

export async function run(bench) {
  const gateway = await found(bench);
  const ada = await Person.arrive(gateway, "ada@example.com", "Ada", "Engines");
  const operator = await Person.operate(gateway, "olga@example.com", "Olga");
  const town = { bench, gateway, ada, operator };
  for (const way of [
    endedElsewhere,
    deepLink,
    restarted,
    killed,
    whileSending,
    anotherTab,
    signedOutInAnotherTab,
    takenOut,
    shutOut,
    offline,
  ]) {
    const browser = await bench.browser(gateway);
    for (const [status, path] of [[401, "/api/manage/"], [404, "/api/manage/workspaces/"], [0, "/"]]) browser.expects(status, path);
    try {
      await way({ ...town, browser, page: browser.page });
    } catch (thrown) {
      bench.holds(false, `${way.name}: ${thrown.message}`);
    }
    await browser.context.setOffline(false);
  }
}

async function open({ ada, browser, page }, path, heading) {
  await ada.enter(browser);
  await browser.goto(path);
  await page.getByRole("heading", { name: heading, exact: true }).waitFor();
}

async function signIn(page, email = "ada@example.com") {
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByRole("textbox", { name: "Email" }).fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** 1. The session is ended somewhere else: the next click leads to the sign-in, and that back. */
async function endedElsewhere(here) {
  const { bench, ada, page } = here;
  await open(here, `/keys${W}`, "API keys");
  await ada.signIn();
  await ada.ask("DELETE", "/sessions");
  await page.getByRole("link", { name: "Team" }).click();
  await page.getByText("Your session has ended. Sign in to go on where you were.").waitFor();
  await bench.looks(here.browser, "the sign-in after a session ended");
  await signIn(page);
  await page.getByRole("heading", { name: /^(Team|API keys)$/ }).waitFor();
  bench.holds(new URL(page.url()).searchParams.get("workspace") === "engines", "the workspace is lost on the way back");
}

/** 2. A link into the middle, without a session: what it says stays, to the last parameter. */
async function deepLink({ bench, browser, page }) {
  const path = "/audit-log?workspace=engines&before=2030-01-01T00%3A00%3A00.000Z";
  await browser.goto(path);
  await signIn(page);
  await page.getByRole("heading", { name: "Audit log" }).waitFor();
  bench.holds(page.url().endsWith(path) || new URL(page.url()).searchParams.get("before") === "2030-01-01T00:00:00.000Z", `it leads to ${page.url()}`);
}

/** 3. The gateway is stopped and comes back: the page says so and goes on by itself. */
async function restarted(here) {
  const { bench, gateway, page } = here;
  await open(here, `/keys${W}`, "API keys");
  await gateway.stop();
  await page.getByRole("link", { name: "Team" }).click();
  await page.getByText("No connection to the gateway. Trying again…").waitFor();
  await bench.looks(here.browser, "without a gateway");
  await gateway.start();
  await page.getByText("The connection is back.").waitFor();
  await page.getByRole("table", { name: "Members" }).waitFor();
}

/** 4. It is killed: sessions outlive it. */
async function killed(here) {
  const { gateway, page } = here;
  await open(here, `/team${W}`, "Team");
  await gateway.stop("SIGKILL");
  await gateway.start();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
}

/** 5. It is gone while a form is sent: what was typed stays, and sent again it is done once. */
async function whileSending(here) {
  const { bench, gateway, ada, page } = here;
  await open(here, `/keys/new${W}`, "Create an API key");
  await page.getByRole("textbox", { name: "Name" }).first().fill("typed before");
  await page.getByRole("textbox", { name: "A month" }).fill("12.50");
  await gateway.stop("SIGKILL");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByText("The gateway does not answer. Nothing is lost").waitFor();
  await gateway.start();
  await page.getByText("The connection is back.").waitFor();
  bench.holds((await page.getByRole("textbox", { name: "A month" }).inputValue()) === "12.50", "what was typed is lost");
  await page.getByRole("button", { name: "Create key" }).dblclick();
  await page.getByTestId("secret").waitFor();
  await ada.signIn();
  const made = (await ada.ask("GET", "/workspaces/engines/keys")).data.filter((key) => key.name === "typed before");
  bench.holds(made.length === 1, `it was made ${made.length} times`);
}

/** 6. Another tab signs in anew: the token of this one is old, and the change is made all the same. */
async function anotherTab(here) {
  const { browser, page } = here;
  browser.expects(403, "/api/manage/");
  await open(here, `/settings${W}`, "Settings");
  const other = await browser.context.newPage();
  await other.goto(`${browser.origin}/keys`);
  await other.getByRole("button", { name: "Account of Ada" }).click();
  await other.getByRole("menuitem", { name: "Sign out" }).click();
  await signIn(other);
  await other.getByRole("heading", { name: "Overview" }).waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("Engines");
  await page.getByRole("button", { name: "Save changes" }).first().click();
  await page.getByText("Changes saved.").waitFor();
}

/** 7. Another tab signs out: this one is told at its next step. */
async function signedOutInAnotherTab(here) {
  const { browser, page } = here;
  await open(here, `/team${W}`, "Team");
  const other = await browser.context.newPage();
  await other.goto(`${browser.origin}/keys`);
  await other.getByRole("button", { name: "Account of Ada" }).click();
  await other.getByRole("menuitem", { name: "Sign out" }).click();
  await other.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByRole("link", { name: "Audit log" }).click();
  await signIn(page);
  await page.getByRole("heading", { name: /^(Audit log|Team)$/ }).waitFor();
}

/** 8. Somebody is taken out of the workspace that they look at: it is not there any more, and theirs are. */
async function takenOut(here) {
  const { bench, gateway, ada, browser, page } = here;
  await ada.signIn();
  await ada.ask("POST", "/workspaces/engines/invitations", { email: "grace@example.com", role: "developer" });
  const grace = await Person.arrive(gateway, "grace@example.com", "Grace", "Hers");
  await grace.accept();
  await grace.enter(browser);
  await browser.goto(`/keys${W}`);
  await page.getByRole("heading", { name: "API keys" }).waitFor();
  const { data } = await ada.ask("GET", "/workspaces/engines/members");
  await ada.ask("DELETE", `/workspaces/engines/members/${data.find((one) => one.name === "Grace").user}`);
  await page.reload();
  await page.getByText("There is no such workspace.").waitFor();
  await bench.looks(browser, "a workspace that one was taken out of");
  await browser.goto("/");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  bench.holds(new URL(page.url()).searchParams.get("workspace") === "hers", "the way out does not lead to her own workspace");
}

/** 9. An operator shuts a user out: the next step leads to the sign-in, and that says no in words. */
async function shutOut(here) {
  const { bench, gateway, operator, browser, page } = here;
  const mary = await Person.arrive(gateway, "mary@example.com", "Mary");
  await mary.enter(browser);
  await browser.goto("/team");
  await page.getByRole("heading", { name: "Team" }).waitFor();
  await operator.signIn();
  const { data } = await operator.ask("GET", "/users");
  await operator.ask("PATCH", `/users/${data.find((user) => user.name === "Mary").id}`, { disabled: true });
  await page.getByRole("link", { name: "Settings" }).click();
  await signIn(page, "mary@example.com");
  await page.getByRole("alert").waitFor();
  bench.holds(/req_/.test(await page.getByRole("alert").innerText()), "she is not told in words with a request id");
}

/** 10. The network of the reader goes and comes back. */
async function offline(here) {
  const { browser, page } = here;
  await open(here, `/keys${W}`, "API keys");
  await browser.context.setOffline(true);
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByText("No connection to the gateway. Trying again…").waitFor();
  await browser.context.setOffline(false);
  await page.getByText("The connection is back.").waitFor();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
}
