// A browser that notices what a person would not: errors on the console, what the policy kept out, requests to elsewhere.
// In: a gateway. Out: pages that are watched. Never here: what is done on them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const WAIT_MS = 15_000;
/** So long nothing is asked for when a page has all that it shows. */
const QUIET_MS = 300;
/** The stream of events never ends. */
const STREAM = /\/events(\?|$)/;

/** Where Debian puts it, unless `CHROMIUM` says otherwise. */
export const executable = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** A browser with a profile of its own: what one knows another does not. */
export class Browser {
  /** How often a page asked before it was left, and whether its reader stays then. */
  asked = 0;
  stays = false;
  /** What it noticed. */
  noticed = [];
  /** Answers that a journey expects to fail, as `status path`. */
  #expected = [];
  /** Requests under way by page. */
  #asking = new WeakMap();

  static async open(origin, options = {}) {
    const browser = new Browser();
    browser.origin = origin;
    browser.folder = mkdtempSync(join(tmpdir(), "tollgate-chromium-"));
    browser.context = await chromium.launchPersistentContext(browser.folder, {
      executablePath: executable,
      headless: true,
      viewport: { width: 1280, height: 860 },
      locale: "en-GB",
      timezoneId: "Europe/Berlin",
      args: ARGS,
      ...options,
    });
    browser.context.setDefaultTimeout(WAIT_MS);
    await browser.context.addInitScript(() => {
      globalThis.__kept_out = [];
      document.addEventListener("securitypolicyviolation", (event) => {
        globalThis.__kept_out.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    browser.context.on("page", (page) => browser.#watch(page));
    browser.page = browser.context.pages()[0];
    browser.#watch(browser.page);
    return browser;
  }

  /** From now on an answer of this status at a path that begins so is no error. */
  expects(status, path) {
    this.#expected.push([String(status), path]);
  }

  #watch(page) {
    page.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      const place = message.location().url.replace(this.origin, "");
      const status = /status of (\d+)/.exec(message.text())?.[1] ?? (/ERR_|Failed to fetch/.test(message.text()) ? "0" : "");
      if (status && this.#expected.some(([one, path]) => one === status && place.startsWith(path))) return;
      this.noticed.push(`console ${message.type()}: ${message.text()} (${place})`);
    });
    page.on("pageerror", (error) => this.noticed.push(`page error: ${error.message}`));
    page.on("dialog", (dialog) => {
      if (dialog.type() !== "beforeunload") this.noticed.push(`a dialog of the page: ${dialog.message()}`);
      this.asked += 1;
      (this.stays ? dialog.dismiss() : dialog.accept()).catch(() => {});
    });
    const asking = new Set();
    this.#asking.set(page, asking);
    const over = (request) => asking.delete(request);
    page.on("requestfinished", over);
    page.on("requestfailed", over);
    page.on("request", (request) => {
      if (!STREAM.test(request.url())) asking.add(request);
      const url = request.url();
      if (!url.startsWith(this.origin) && !/^(data|blob|about|chrome-error):/.test(url)) this.noticed.push(`foreign request: ${url}`);
    });
  }

  /** Goes on in another tab; what the old one held is let go. */
  async renew() {
    const old = this.page;
    this.kept = [...(this.kept ?? []), ...(await old.evaluate(() => globalThis.__kept_out))];
    this.page = await this.context.newPage();
    await old.close();
  }

  /** Goes to a path. */
  async goto(path) {
    return this.page.goto(this.origin + path, { waitUntil: "load" });
  }

  /** Goes to another page by the navigation. What is done next is done there: some fields have the same name on the page before. */
  async turn(name) {
    await this.page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
    await this.page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
  }

  /** Waits until a page has asked for all that it shows. */
  async quiet(page = this.page) {
    const asking = this.#asking.get(page);
    const end = Date.now() + WAIT_MS;
    for (let since = Date.now(); Date.now() - since < QUIET_MS; ) {
      await page.waitForTimeout(50);
      if (asking.size > 0) since = Date.now();
      if (Date.now() > end) throw new Error(`${page.url()} still asks for ${[...asking].map((one) => one.url()).join(", ")}`);
    }
  }

  /** Everything that was noticed so far, what the policy kept out included. */
  async findings() {
    const kept = [...(this.kept ?? [])];
    for (const page of this.context.pages()) kept.push(...(await page.evaluate(() => globalThis.__kept_out ?? []).catch(() => [])));
    return [...this.noticed, ...kept.map((one) => `kept out by the policy: ${one}`)];
  }

  async close() {
    await this.context.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
