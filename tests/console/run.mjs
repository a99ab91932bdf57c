#!/usr/bin/env node
// Runs journeys through the console of a binary: `run.mjs BINARY [JOURNEY..]`. Each has gateways and browsers of its own and fails by what
// it throws, or by what its browsers noticed. The last line is read by `cargo xtask test`. Never here: a journey (journeys/).
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { Browser } from "./browser.mjs";
import { inspect } from "./checks.mjs";
import { Gateway } from "./gateway.mjs";

const [binary, ...wanted] = process.argv.slice(2);
if (!binary) throw new Error("run.mjs BINARY [JOURNEY..]");

/** What a journey works with; whatever it opens is closed for it. */
class Bench {
  #opened = [];
  #browsers = [];
  findings = [];

  /** A gateway with a fresh data folder. */
  async gateway(command = "serve", settings = {}) {
    const gateway = new Gateway(resolve(binary), command, settings);
    this.#opened.push(gateway);
    return gateway.start();
  }

  /** A browser that nobody has used. */
  async browser(gateway, options = {}) {
    const browser = await Browser.open(gateway.origin, options);
    this.#browsers.push(browser);
    return browser;
  }

  /** Looks at the page that a browser shows, in every way. */
  async looks(browser, name) {
    this.findings.push(...(await inspect(browser, name)));
  }

  /** Says what does not hold, and goes on. */
  holds(condition, what) {
    if (!condition) this.findings.push(what);
  }

  async end() {
    for (const browser of this.#browsers) {
      this.findings.push(...(await browser.findings()));
      await browser.close();
    }
    for (const gateway of this.#opened) {
      if (gateway.log.includes("panicked at")) this.findings.push(`the gateway panicked:\n${gateway.log.slice(-2000)}`);
      await gateway.remove();
    }
  }
}

async function one(name) {
  const { run } = await import(`./journeys/${name}.mjs`);
  const bench = new Bench();
  const begun = Date.now();
  try {
    await run(bench);
  } catch (thrown) {
    bench.findings.push(thrown.stack ?? String(thrown));
  }
  await bench.end();
  const good = bench.findings.length === 0;
  console.log(`${good ? "ok    " : "FAILED"} ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  for (const finding of bench.findings) console.log(`       ${finding.replaceAll("\n", "\n       ")}`);
  return good;
}

const all = readdirSync(new URL("./journeys", import.meta.url))
  .map((name) => name.replace(/\.mjs$/, ""))
  .sort();
const chosen = wanted.length > 0 ? wanted : all;
const unknown = chosen.find((name) => !all.includes(name));
if (unknown) throw new Error(`there is no journey ${unknown}; there are ${all.join(", ")}`);
/** Two at a time: each waits for its browser and its gateway most of the time. The longest begin. */
const AT_ONCE = 2;
const LONGEST = ["hostile_text", "every_page"];
const waiting = [...chosen].sort((one, other) => LONGEST.indexOf(other) - LONGEST.indexOf(one));
let passed = 0;
async function worker() {
  for (let name = waiting.shift(); name; name = waiting.shift()) {
    const good = await one(name);
    passed += good ? 1 : 0;
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, worker));
console.log(`${passed} passed, ${chosen.length - passed} failed`);
process.exitCode = passed === chosen.length ? 0 : 1;
