#!/usr/bin/env node
// Pictures of every page: `screenshots.mjs BINARY [FOLDER] [PAGE..]`, light, dark and on a phone, as docs/screenshots/ has them. In: a binary.
// Out: PNG files with few colours. Never here: a check (journeys/every_page.mjs).
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Browser } from "./browser.mjs";
import { Gateway } from "./gateway.mjs";
import { PAGES } from "./pages.mjs";
import { settle } from "./town.mjs";

const [binary, folder = fileURLToPath(new URL("../../docs/screenshots", import.meta.url)), ...wanted] = process.argv.slice(2);
if (!binary) throw new Error("screenshots.mjs BINARY [FOLDER] [PAGE..]");

const LOOKS = [
  ["light", { width: 1280, height: 800 }, ""],
  ["dark", { width: 1280, height: 800 }, "-dark"],
  ["light", { width: 390, height: 844 }, "-phone"],
];

mkdirSync(folder, { recursive: true });
const opened = [];
const bench = {
  gateway: async (command, settings) => {
    const gateway = new Gateway(resolve(binary), command, settings);
    opened.push(gateway);
    return gateway.start();
  },
};
try {
  const town = await settle(bench);
  const chosen = PAGES.filter((page) => wanted.length === 0 || wanted.includes(page.name));
  for (const who of new Set(chosen.map((page) => page.who))) {
    const browser = await Browser.open(town.gateway.origin);
    opened.push({ remove: () => browser.close() });
    await town.people[who]?.enter(browser);
    for (const page of chosen.filter((one) => one.who === who)) {
      await page.go(browser, town);
      for (const [scheme, size, end] of LOOKS) {
        await browser.page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
        await browser.page.setViewportSize(size);
        await browser.page.waitForTimeout(150);
        await browser.page.screenshot({ path: join(folder, `${page.name}${end}.png`), caret: "hide" });
      }
      await browser.page.setViewportSize(LOOKS[0][1]);
      if (page.held) await browser.renew();
    }
  }
} finally {
  for (const one of opened.reverse()) await one.remove();
}
