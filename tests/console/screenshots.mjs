#!/usr/bin/env node
// Pictures of every page: `screenshots.mjs BINARY [FOLDER] [PAGE..]`, light, dark and on a phone, as docs/screenshots/ has them: small WebP
// files. Where a clock can be set back (libfaketime), three weeks of calls come before. In: a binary. Out: files, and what they weigh.
// Never here: a check (journeys/every_page.mjs).
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Browser } from "./browser.mjs";
import { Gateway } from "./gateway.mjs";
import { PAGES } from "./pages.mjs";
import { canGoBack, daysAgo, livedThrough } from "./past.mjs";
import { settle } from "./town.mjs";
import { traffic } from "./traffic.mjs";

const [binary, folder = fileURLToPath(new URL("../../docs/screenshots", import.meta.url)), ...wanted] = process.argv.slice(2);
if (!binary) throw new Error("screenshots.mjs BINARY [FOLDER] [PAGE..]");

const LOOKS = [
  ["light", { width: 1280, height: 800 }, ""],
  ["dark", { width: 1280, height: 800 }, "-dark"],
  ["light", { width: 390, height: 844 }, "-phone"],
];
const DAYS = 21;
/** What all of them may weigh together. */
const BYTES_MAX = 4_000_000;
const SCALE = 0.7;
const QUALITY = 0.62;

mkdirSync(folder, { recursive: true });
const opened = [];

/** A town with a past, where there can be one. */
async function town() {
  const settings = canGoBack ? daysAgo(DAYS + 1) : {};
  if (!canGoBack) console.log("there is no libfaketime here: charts have today alone");
  const gateway = async () => {
    const one = new Gateway(resolve(binary), "serve", settings);
    opened.push(one);
    return one.start();
  };
  const settled = await settle({ gateway });
  if (!canGoBack) return settled;
  settled.gateway.settings = {};
  await livedThrough(settled.gateway, DAYS, [settled.keys.production.key]);
  // What had an end then needs another one now.
  const { ada } = settled.people;
  await ada.signIn();
  const { data } = await ada.ask("GET", `${settled.place}/invitations`);
  for (const one of data.filter(({ email }) => email === "mary@example.com")) {
    await ada.ask("DELETE", `${settled.place}/invitations/${one.id}`).catch(() => null);
  }
  await ada.ask("POST", `${settled.place}/invitations`, { email: "mary@example.com", role: "billing" });
  return { ...settled, requests: await traffic(settled.gateway, settled.keys.production.key) };
}

/** A PNG as a smaller WebP: the browser that took it can make one. */
async function webp(page, png) {
  const base64 = await page.evaluate(
    async ([source, scale, quality]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${source}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(image.width * scale);
      canvas.height = Math.round(image.height * scale);
      const pen = canvas.getContext("2d");
      pen.imageSmoothingQuality = "high";
      pen.drawImage(image, 0, 0, canvas.width, canvas.height);
      return canvas.toDataURL("image/webp", quality).split(",")[1];
    },
    [png.toString("base64"), SCALE, QUALITY],
  );
  return Buffer.from(base64, "base64");
}

let bytes = 0;
try {
  const here = await town();
  const chosen = PAGES.filter((page) => wanted.length === 0 || wanted.includes(page.name));
  for (const who of new Set(chosen.map((page) => page.who))) {
    const browser = await Browser.open(here.gateway.origin);
    opened.push({ remove: () => browser.close() });
    const maker = await browser.context.newPage();
    await here.people[who]?.enter(browser);
    for (const page of chosen.filter((one) => one.who === who)) {
      await page.go(browser, here);
      for (const [scheme, size, end] of LOOKS) {
        await browser.page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
        await browser.page.setViewportSize(size);
        await browser.page.waitForTimeout(200);
        const file = await webp(maker, await browser.page.screenshot({ caret: "hide" }));
        writeFileSync(join(folder, `${page.name}${end}.webp`), file);
        bytes += file.length;
      }
      await browser.page.setViewportSize(LOOKS[0][1]);
      if (page.held) await browser.renew();
    }
  }
  console.log(`${chosen.length} pages, ${Math.round(bytes / 1000)} kB`);
  if (bytes > BYTES_MAX) throw new Error(`the pictures weigh more than ${BYTES_MAX} bytes`);
} finally {
  for (const one of opened.reverse()) await one.remove();
}
