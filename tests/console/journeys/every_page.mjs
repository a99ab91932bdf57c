// R-WEB-1: every page and dialog, full and empty, by everybody who sees it, can be read in light and dark, by ear and on a phone.
import { PAGES } from "../pages.mjs";
import { settle } from "../town.mjs";

export async function run(bench) {
  const town = await settle(bench);
  for (const who of [...new Set(PAGES.map((page) => page.who))]) {
    const browser = await bench.browser(town.gateway);
    await town.people[who]?.enter(browser);
    for (const page of PAGES.filter((one) => one.who === who)) {
      try {
        await page.go(browser, town);
        await bench.looks(browser, page.name);
      } catch (thrown) {
        bench.holds(false, `${page.name}: ${thrown.message}`);
      }
      // A secret holds its page; a new one is begun instead.
      if (page.held) await browser.renew();
    }
  }
}
