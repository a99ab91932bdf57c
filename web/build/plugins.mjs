// What a build makes besides the bundle: the console's paths for the server, and every file compressed.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** Files of less would be sent in one packet anyway. */
const SMALLEST_BYTES = 1024;
const TEXT = /\.(js|css|svg)$/;

/**
 * Writes `paths.json`: every path that the router knows, so that the server answers 404 to all others.
 * @returns {import("vite").Plugin}
 */
export function consolePaths() {
  return {
    name: "console-paths",
    apply: "build",
    generateBundle() {
      const tree = readFileSync(new URL("../.generated/routeTree.gen.ts", import.meta.url), "utf8");
      const table = /interface FileRoutesByTo \{([^}]*)\}/.exec(tree)?.[1];
      const paths = [...(table ?? "").matchAll(/"([^"]+)": typeof/g)].map((found) => found[1]);
      if (paths.length === 0) throw new Error("the tree of routes has no paths");
      this.emitFile({ type: "asset", fileName: "paths.json", source: `${JSON.stringify(paths.sort())}\n` });
    },
  };
}

/**
 * Puts a `.br` and a `.gz` beside every text file.
 * @returns {import("vite").Plugin}
 */
export function precompressed() {
  return {
    name: "precompressed",
    apply: "build",
    async writeBundle({ dir }) {
      const names = readdirSync(dir, { recursive: true }).map((name) => join(dir, String(name)));
      await Promise.all(names.filter((name) => TEXT.test(name)).map(compress));
    },
  };
}

async function compress(name) {
  const bytes = readFileSync(name);
  if (bytes.length < SMALLEST_BYTES) return;
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
  writeFileSync(`${name}.br`, await promisify(brotliCompress)(bytes, quality));
  writeFileSync(`${name}.gz`, await promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }));
}
