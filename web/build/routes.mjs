// Where the tree of routes comes from and goes to. Run by itself it writes the tree, for a check of types without a build.

import { fileURLToPath } from "node:url";
import { Generator, getConfig } from "@tanstack/router-generator";

/** What the router's tools are told. */
export const routes = {
  routesDirectory: "./src/routes",
  generatedRouteTree: "./.generated/routeTree.gen.ts",
  quoteStyle: "double",
  semicolons: true,
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  await new Generator({ config: getConfig(routes, root), root }).run();
}
