// What every page must hold, whatever it shows: readable in light and dark, by the keyboard and by ear, at 390 px without anything
// that sticks out. In: a page. Out: findings in words. Never here: what the page is about.
import { AxeBuilder } from "@axe-core/playwright";

const WIDE = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };
/** What is asked of axe: everything once; in the dark only what colours change. On a phone it is the boxes that may be wrong. */
const LOOKS = [
  ["light", WIDE, (axe) => axe],
  ["dark", WIDE, (axe) => axe.withRules(["color-contrast"])],
  ["light", PHONE, null],
];

/** Looks at a page in every way; it is as it was afterwards. */
export async function inspect(browser, name, page = browser.page) {
  const findings = [];
  for (const [scheme, size, rules] of LOOKS) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.setViewportSize(size);
    await settled(page);
    const where = `${name}, ${scheme}, ${size.width} px`;
    if (rules) findings.push(...(await read(page, rules)).map((one) => `${where}: ${one}`));
    findings.push(...(await measured(page)).map((one) => `${where}: ${one}`));
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize(WIDE);
  return findings;
}

async function settled(page) {
  await page.evaluate(async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    // What turns for ever, as somebody waits, is never finished.
    const ending = document.getAnimations().filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime));
    await Promise.allSettled(ending.map((animation) => animation.finished));
  });
}

/** What axe says. Text in the colour of its own background is no violation to it: it only "cannot tell". */
async function read(page, rules) {
  const { violations, incomplete } = await rules(new AxeBuilder({ page })).analyze();
  const told = violations.flatMap(({ id, nodes }) => nodes.map((node) => `axe ${id}: ${node.html.slice(0, 160)}`));
  const hidden = incomplete
    .filter(({ id }) => id === "color-contrast")
    .flatMap(({ nodes }) => nodes)
    .filter((node) => node.any.some((check) => check.data?.messageKey === "equalRatio"))
    .map((node) => `text in its own background colour: ${node.html.slice(0, 160)}`);
  return [...told, ...hidden];
}

/** What sticks out: of the page sideways, of the header, of the window. */
async function measured(page) {
  return page.evaluate(() => {
    const found = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) {
      const wide = [...document.querySelectorAll("body *")].find((one) => one.getBoundingClientRect().right > root.clientWidth + 1);
      found.push(`overflows by ${root.scrollWidth - root.clientWidth} px: ${wide?.outerHTML.slice(0, 160)}`);
    }
    for (const header of document.querySelectorAll("header")) {
      const box = header.getBoundingClientRect();
      for (const one of header.querySelectorAll("*")) {
        const at = one.getBoundingClientRect();
        const seen = at.width > 1 && at.height > 1 && !one.closest("[popover]");
        const out = at.bottom > box.bottom + 1 || at.top < box.top - 1 || at.right > box.right + 1 || at.left < box.left - 1;
        if (seen && out) found.push(`outside the header: ${one.outerHTML.slice(0, 120)}`);
      }
    }
    for (const dialog of document.querySelectorAll("dialog[open]")) {
      const at = dialog.getBoundingClientRect();
      if (at.left < 0 || at.right > root.clientWidth + 1) found.push("a dialog is wider than the window");
      if (dialog.scrollWidth > dialog.clientWidth) found.push(`a dialog scrolls sideways by ${dialog.scrollWidth - dialog.clientWidth} px`);
    }
    return found;
  });
}
