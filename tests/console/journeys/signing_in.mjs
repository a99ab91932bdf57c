// R-ACC-1, R-WEB-1: passwords wrong and forgotten, the second factor set up, asked for, lost and turned off, sessions ended elsewhere.
import { PASSWORD, Person } from "../person.mjs";
import { found } from "../town.mjs";
import { codeOf, nextCode } from "../totp.mjs";

const NEW = "another long password";

export async function run(bench) {
  const gateway = await found(bench);
  await Person.arrive(gateway, "ada@example.com", "Ada", "Engines");
  const browser = await bench.browser(gateway);
  browser.expects(401, "/api/manage/");
  const { page } = browser;
  await passwords(bench, gateway, browser);
  const secret = await secondFactor(bench, browser);
  await codes(bench, browser, secret);
  await elsewhere(bench, gateway, browser);
  // Nothing secret is left where a script of a page could find it.
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  bench.holds(!kept.includes(NEW) && !/session|csrf/i.test(kept), `kept in the browser: ${kept}`);
}

async function signIn(page, password) {
  await page.getByRole("textbox", { name: "Email" }).fill("ada@example.com");
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

async function passwords(bench, gateway, browser) {
  const { page } = browser;
  await browser.goto("/sign-in");
  await signIn(page, "wrong password");
  await page.getByRole("alert").waitFor();
  await bench.looks(browser, "a wrong password");
  bench.holds(/req_/.test(await page.getByRole("alert").innerText()), "a wrong password is told without a request id");
  await page.getByRole("link", { name: "Forgot the password?" }).click();
  for (const email of ["nobody@example.com", "ada@example.com"]) {
    // The page before has a field of this name too.
    await page.getByRole("button", { name: "Send the link" }).waitFor();
    await page.getByRole("textbox", { name: "Email" }).fill(email);
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.getByText(`If ${email} has an account, a letter is on its way.`).waitFor();
    if (email.startsWith("nobody")) await browser.goto("/forgot");
  }
  const link = await gateway.letter("ada@example.com", "reset");
  await browser.goto(link);
  await page.getByRole("textbox", { name: "New password" }).fill("short");
  bench.holds(!page.url().includes("#"), "the token stays in the address");
  browser.expects(400, "/api/manage/password/reset");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText(/expected .* characters/i).first().waitFor();
  await page.getByRole("textbox", { name: "New password" }).fill(NEW);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("heading", { name: "The password is set" }).waitFor();
  await page.getByRole("link", { name: "Sign in" }).click();
  await signIn(page, NEW);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  // The link works once.
  await browser.goto(link);
  await page.getByRole("textbox", { name: "New password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("alert").waitFor();
}

async function secondFactor(bench, browser) {
  const { page } = browser;
  await browser.goto("/account");
  await page.getByRole("button", { name: "Set up an app" }).click();
  await page.getByRole("img", { name: /QR/ }).waitFor();
  const secret = await page.getByRole("dialog").locator("code").first().innerText();
  await page.getByRole("textbox", { name: "Code" }).fill("000000");
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await page.getByRole("textbox", { name: "Code" }).fill(codeOf(secret));
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.getByTestId("secret").waitFor();
  await bench.looks(browser, "recovery codes");
  const recovery = (await page.getByTestId("secret").innerText()).split("\n");
  bench.holds(recovery.length === 10 && new Set(recovery).size === 10, `not ten codes: ${recovery}`);
  await page.getByLabel("I have kept the codes").check();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByText("On", { exact: true }).waitFor();
  return { secret, recovery, last: codeOf(secret) };
}

async function codes(bench, browser, { secret, recovery, last }) {
  const { page } = browser;
  const begin = async () => {
    await page.getByRole("button", { name: "Account of Ada" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await signIn(page, NEW);
    await page.getByRole("heading", { name: "Second factor" }).waitFor();
  };
  await begin();
  await bench.looks(browser, "the second factor");
  // A reload in between asks for the code again, and nothing else opens.
  await browser.goto("/keys");
  await page.getByRole("heading", { name: "Second factor" }).waitFor();
  await page.getByRole("textbox", { name: "Code of your app" }).fill("123456");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("alert").waitFor();
  const next = await nextCode(secret, last);
  await page.getByRole("textbox", { name: "Code of your app" }).fill(next);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("heading", { name: "API keys" }).waitFor();
  // Who has lost the app uses a recovery code, each once.
  await begin();
  await page.getByRole("button", { name: "Use a recovery code" }).click();
  await page.getByRole("textbox", { name: "Recovery code" }).fill(recovery[0].toLowerCase());
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await begin();
  await page.getByRole("button", { name: "Use a recovery code" }).click();
  await page.getByRole("textbox", { name: "Recovery code" }).fill(recovery[0]);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByRole("textbox", { name: "Recovery code" }).fill(recovery[1]);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  // Turned off by one more code.
  await browser.goto("/account");
  await page.getByRole("button", { name: "Turn off" }).click();
  await page.getByRole("button", { name: "Use a recovery code" }).click();
  await page.getByRole("textbox", { name: "Recovery code" }).fill(recovery[2]);
  await page.getByRole("dialog").getByRole("button", { name: "Turn off" }).click();
  await page.getByText("The second factor is off.").waitFor();
  await page.getByRole("button", { name: "Set up an app" }).waitFor();
}

async function elsewhere(bench, gateway, browser) {
  const { page } = browser;
  for (let n = 0; n < 2; n += 1) {
    const other = new Person(gateway, "ada@example.com", "Ada");
    await other.ask("POST", "/session", { email: "ada@example.com", password: NEW });
  }
  await browser.goto("/account");
  const rows = page.getByRole("table", { name: "Where you are signed in" }).getByRole("row");
  await rows.nth(3).waitFor();
  await page.getByText("This browser").waitFor();
  await page.getByRole("button", { name: "Sign out Firefox on Linux" }).first().click();
  await page.getByText("Whoever uses it must sign in anew").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await page.getByText("Signed out there.").waitFor();
  await page.getByRole("button", { name: "Sign out everywhere else" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out everywhere else" }).click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await page.getByText("Signed out there.").last().waitFor();
  bench.holds((await rows.count()) === 2, "another session is left");
}
