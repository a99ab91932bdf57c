// R-WEB-1: a list goes on where it ended: the page is in the address, the browser's own back works, and nothing is shown twice.
import { Person } from "../person.mjs";
import { found } from "../town.mjs";

const KEYS = 120;
const PAGE = 50;

export async function run(bench) {
  const gateway = await found(bench);
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
}
