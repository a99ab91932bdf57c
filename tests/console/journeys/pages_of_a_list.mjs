// R-WEB-1: a list goes on where it ended: the page is in the address, the browser's own back works, and nothing is shown twice. Operators find
// by a part of its name what stands on any page of theirs.
import { Person } from "../person.mjs";
import { found } from "../town.mjs";

const KEYS = 120;
const PAGE = 50;
/** As many as the gateway gives where nobody says how many, and some more. */
const WORKSPACES = 108;

export async function run(bench) {
  const gateway = await found(bench);
  const olga = await Person.operate(gateway, "olga@example.com", "Olga Operator");
  const ada = await Person.arrive(gateway, "ada@example.com", "Ada", "Engines");
  for (let n = 1; n <= KEYS; n += 1) await ada.ask("POST", "/workspaces/engines/keys", { name: `key ${n}` });
  const browser = await bench.browser(gateway);
  await ada.enter(browser);
  const { page } = browser;
  const names = () => page.getByRole("table").locator("tbody").getByRole("link").allInnerTexts();
  await browser.goto("/keys");
  await page.getByRole("link", { name: `key ${KEYS}`, exact: true }).waitFor();
  const seen = [await names()];
  while ((await page.getByRole("link", { name: "Older" }).count()) > 0) {
    const last = seen.at(-1)[0];
    await page.getByRole("link", { name: "Older" }).click();
    await page.getByRole("link", { name: last, exact: true }).waitFor({ state: "detached" });
    seen.push(await names());
  }
  const all = seen.flat();
  bench.holds(all.length === KEYS && new Set(all).size === KEYS, `${all.length} keys, ${new Set(all).size} of them different`);
  bench.holds(seen.map((one) => one.length).join() === `${PAGE},${PAGE},20`, `pages of ${seen.map((one) => one.length)}`);
  bench.holds(new URL(page.url()).searchParams.get("before")?.startsWith("key_"), "the page is not in the address");
  await bench.looks(browser, "the last page");
  // A colleague gets the same page by the address; the browser's back goes a page back.
  await page.reload();
  await page.getByRole("link", { name: "key 1", exact: true }).waitFor();
  bench.holds((await names()).join() === seen[2].join(), "the address leads to another page");
  await page.goBack();
  await page.getByRole("link", { name: seen[1][0], exact: true }).waitFor();
  await page.getByRole("link", { name: "Back to the newest" }).click();
  await page.getByRole("link", { name: `key ${KEYS}`, exact: true }).waitFor();
  bench.holds(!page.url().includes("before="), "the newest have a page in their address");
  bench.holds(new URL(page.url()).searchParams.get("workspace") === "engines", "the workspace is lost");
  await narrowed(bench, gateway, olga);
}

/** What the address says behind the question mark. */
const said = (page, name) => new URL(page.url()).searchParams.get(name);

async function narrowed(bench, gateway, olga) {
  // Ada's own is the oldest.
  for (let n = 2; n <= WORKSPACES; n += 1) await olga.ask("POST", "/workspaces", { name: `Place ${n}` });
  const browser = await bench.browser(gateway);
  await olga.enter(browser);
  const { page } = browser;
  const find = page.getByRole("searchbox", { name: "Find" });
  const rows = page.getByRole("table").locator("tbody tr");
  await browser.goto("/operator/workspaces");
  await page.getByRole("link", { name: `Place ${WORKSPACES}`, exact: true }).waitFor();
  bench.holds((await rows.count()) === 100, `${await rows.count()} rows on the first page`);
  bench.holds((await page.getByRole("link", { name: "Engines", exact: true }).count()) === 0, "the oldest is on the first page");
  await find.pressSequentially("ENG", { delay: 30 });
  await page.getByRole("link", { name: "Engines", exact: true }).waitFor();
  bench.holds((await rows.count()) === 1, `${await rows.count()} fit`);
  bench.holds(said(page, "q") === "ENG", "what was typed is not in the address");
  bench.holds(await find.evaluate((field) => field === document.activeElement), "who types has lost the field");
  await page.reload();
  await page.getByRole("link", { name: "Engines", exact: true }).waitFor();
  bench.holds((await find.inputValue()) === "ENG", "the field does not say what the address says");
  // Of what fits there are pages too, and what else is typed begins with the first.
  await find.fill("place");
  await page.getByRole("link", { name: "Older" }).click();
  await page.getByRole("link", { name: "Place 2", exact: true }).waitFor();
  bench.holds((await rows.count()) === WORKSPACES - 1 - 100, `${await rows.count()} rows on the last page`);
  bench.holds(said(page, "q") === "place" && said(page, "before")?.startsWith("ws"), `the address is ${page.url()}`);
  await find.fill("place 10");
  await page.getByRole("link", { name: "Place 108", exact: true }).waitFor();
  bench.holds((await rows.count()) === 10 && said(page, "before") === null, `${await rows.count()} rows at ${page.url()}`);
  // Who types on while a slow gateway looks keeps the field and every letter.
  const slowly = async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await route.continue();
  };
  await page.route(/manage\/workspaces\?q=/, slowly);
  await find.fill("");
  await find.pressSequentially("pla", { delay: 30 });
  await page.waitForURL(/q=pla$/);
  await page.waitForTimeout(700);
  bench.holds((await page.locator("[aria-busy=true]").count()) === 1, "nothing says that the list is asked for");
  await find.pressSequentially("ce 50", { delay: 30 });
  await page.getByRole("link", { name: "Place 10", exact: true }).waitFor({ state: "detached" });
  bench.holds((await find.inputValue()) === "place 50" && (await rows.count()) === 1, `${await find.inputValue()}: ${await rows.count()} rows`);
  bench.holds(await find.evaluate((field) => field === document.activeElement), "who types has lost the field to a slow gateway");
  await page.unroute(/manage\/workspaces\?q=/);
  // A gateway that cannot tell takes nothing away but the rows.
  const body = JSON.stringify({ type: "about:blank", title: "Busy", status: 503, code: "overloaded", detail: "Too much to do." });
  const busy = { status: 503, contentType: "application/problem+json", body };
  await page.route(/manage\/workspaces\?q=/, (route) => route.fulfill(busy));
  browser.expects(503, "/api/manage/workspaces");
  await find.fill("place 5");
  await page.getByText("Too much to do.").waitFor();
  await bench.looks(browser, "a list that could not be told");
  bench.holds((await find.inputValue()) === "place 5", "a failure takes the field away");
  await page.unroute(/manage\/workspaces\?q=/);
  await find.press("End");
  await find.pressSequentially("1", { delay: 30 });
  await page.getByRole("link", { name: "Place 51", exact: true }).waitFor();
  await find.fill("nobody");
  await page.getByRole("heading", { name: "Nothing fits" }).waitFor();
  await bench.looks(browser, "a list that nothing fits");
  // The same page with nothing typed: the field follows.
  await browser.turn("Workspaces");
  await page.getByRole("link", { name: `Place ${WORKSPACES}`, exact: true }).waitFor();
  bench.holds((await find.inputValue()) === "", "the field says what the address no longer says");
  await browser.turn("Users");
  await find.fill("  ADA@exam ");
  await page.getByRole("table").getByText("olga@example.com").waitFor({ state: "detached" });
  bench.holds((await rows.count()) === 1 && said(page, "q") === "ADA@exam", `${await rows.count()} rows at ${page.url()}`);
}
