// Weighs a build as it is sent to browsers that take gzip: the shell (what every page of a signed-in user loads), each page, and both
// together; and looks for files that need each other in a circle. Prints the table of docs/CONSOLE.md; its last line is read by
// `cargo xtask test`. In: a folder of a build. Out: a verdict.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const KB = 1000;
/** What may be sent, in bytes. */
export const LIMITS = { shell: 163 * KB, page: 38 * KB, first: 200 * KB };
/** The frame of a workspace's pages. */
const FRAME = /routes\/_app\/_workspace\.tsx/;
const ROUTE = /^src\/routes\/.*\.tsx/;

/** @typedef {{ name: string, bytes: number, limit: number }} Weight */

/**
 * What a build weighs.
 * @param {string} folder
 * @returns {Weight[]}
 */
export function weights(folder) {
  /** @type {Record<string, { file: string, imports?: string[], css?: string[], dynamicImports?: string[], isEntry?: boolean }>} */
  const manifest = JSON.parse(readFileSync(join(folder, ".vite/manifest.json"), "utf8"));
  const files = (start, seen = new Set()) => {
    if (seen.has(start)) return new Set();
    seen.add(start);
    const chunk = manifest[start];
    const out = new Set([chunk.file, ...(chunk.css ?? [])]);
    for (const next of chunk.imports ?? []) for (const file of files(next, seen)) out.add(file);
    return out;
  };
  const weigh = (names) => [...names].reduce((sum, name) => sum + bytes(join(folder, name)), 0);
  const names = Object.keys(manifest);
  const entry = names.find((name) => manifest[name].isEntry);
  const frame = names.find((name) => FRAME.test(name));
  const shell = new Set([...files(entry), ...files(frame)]);
  const shellBytes = weigh(shell) + bytes(join(folder, "index.html"));
  const pages = names
    .filter((name) => ROUTE.test(name) && name !== frame)
    .map((name) => ({
      name: name.replace(/^src\/routes\//, "").replace(/\.tsx.*$/, ""),
      bytes: weigh([...files(name)].filter((file) => !shell.has(file))),
      limit: LIMITS.page,
    }))
    .sort((one, other) => other.bytes - one.bytes);
  const heaviest = pages[0]?.bytes ?? 0;
  return [
    { name: "shell", bytes: shellBytes, limit: LIMITS.shell },
    { name: "first load of the heaviest page", bytes: shellBytes + heaviest, limit: LIMITS.first },
    ...pages,
  ];
}

/**
 * Files of a build that need each other before they have begun: whichever is first finds the other empty.
 * @param {string} folder
 * @returns {string[]}
 */
export function circles(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, ".vite/manifest.json"), "utf8"));
  const done = new Set();
  const found = [];
  const walk = (name, way) => {
    if (way.includes(name))
      found.push([...way.slice(way.indexOf(name)), name].map((one) => manifest[one].file).join(" needs "));
    if (done.has(name) || way.includes(name)) return;
    for (const next of manifest[name].imports ?? []) walk(next, [...way, name]);
    done.add(name);
  };
  for (const name of Object.keys(manifest)) walk(name, []);
  return found;
}

function bytes(file) {
  return existsSync(`${file}.gz`) ? statSync(`${file}.gz`).size : gzipSync(readFileSync(file)).length;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const all = weights(process.argv[2] ?? "dist");
  for (const { name, bytes, limit } of all) {
    console.log(
      `${bytes > limit ? "too heavy" : "ok       "} ${(bytes / KB).toFixed(1).padStart(6)} kB of ${limit / KB}  ${name}`,
    );
  }
  const round = circles(process.argv[2] ?? "dist");
  for (const circle of round) console.log(`circle    ${circle}`);
  const failed = all.filter(({ bytes, limit }) => bytes > limit).length + round.length;
  console.log(`${all.length + 1 - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
