#!/usr/bin/env node
// What Lighthouse says of pages: `lighthouse.mjs BINARY [PAGE..]`, on the demonstration. In: a binary, npx, chromium. Out: a line for each
// page with its four scores and what was found; it fails where accessibility, best practices or search are below 100. Speed is told and
// no verdict: it is that of this machine. Not part of the test command: it fetches a program of its own.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Gateway } from "./gateway.mjs";

const VERSION = "13.5.0";
const [binary, ...wanted] = process.argv.slice(2);
if (!binary) throw new Error("lighthouse.mjs BINARY [PAGE..]");

/** Each page, and whether one must be signed in. */
const PAGES = [
  ["/docs", false],
  ["/docs/quickstart", false],
  ["/pricing", false],
  ["/status", false],
  ["/sign-in", false],
  ["/overview", true],
  ["/requests", true],
  ["/usage", true],
  ["/operator/overview", true],
];
const MUST = ["accessibility", "best-practices", "seo"];

/** The cookie of the operator's session. */
async function signedIn(gateway) {
  const { email, password } = gateway.demo.people.find(({ who }) => who === "operator");
  const body = JSON.stringify({ email, password });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${gateway.origin}/api/manage/session`, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`the operator cannot sign in: ${answer.status}`);
  return answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
}

/** What is said of a page, as it is on a phone or a desk. */
function looked(gateway, path, cookie, desk) {
  const file = join(gateway.folder, "lighthouse.json");
  const words = [`--only-categories=performance,${MUST}`, "--output=json", `--output-path=${file}`, "--quiet", "--chrome-flags=--headless=new --no-sandbox"];
  if (cookie) words.push(`--extra-headers=${JSON.stringify({ Cookie: cookie })}`);
  if (desk) words.push("--preset=desktop");
  const env = { ...process.env, CHROME_PATH: process.env.CHROME_PATH ?? "/usr/bin/chromium" };
  const done = spawnSync("npx", ["--yes", `lighthouse@${VERSION}`, gateway.origin + path, ...words], { env, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`lighthouse ${path}: ${done.stderr}`);
  return JSON.parse(readFileSync(file, "utf8"));
}

function findings(told) {
  const refs = MUST.flatMap((name) => told.categories[name].auditRefs);
  const audits = refs.filter(({ weight }) => weight > 0).map(({ id }) => told.audits[id]);
  return audits.filter(({ score }) => score !== null && score < 1).map(({ id, title, explanation }) => `  ${id}: ${title} ${explanation ?? ""}`);
}

const gateway = await new Gateway(resolve(binary), "demo").start();
let bad = 0;
try {
  const cookie = await signedIn(gateway);
  for (const [path, own] of PAGES.filter(([name]) => wanted.length === 0 || wanted.includes(name))) {
    for (const desk of [false, true]) {
      const told = looked(gateway, path, own && cookie, desk);
      const scores = Object.entries(told.categories).map(([name, { score }]) => `${name} ${Math.round(score * 100)}`);
      const found = findings(told);
      bad += found.length;
      const paint = told.audits["largest-contentful-paint"].displayValue;
      console.log([`${path} ${desk ? "desk" : "phone"}: ${scores.join(", ")}; largest paint ${paint}`, ...found].join("\n"));
    }
  }
} finally {
  await gateway.remove();
}
console.log(bad === 0 ? "nothing found" : `${bad} findings`);
process.exitCode = bad === 0 ? 0 : 1;
