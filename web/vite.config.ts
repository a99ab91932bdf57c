// How the console is built and tested: routes are files, packages come from npm alone, what is sent is compressed once, here.
/// <reference types="vitest/config" />
import { tanstackRouter } from "@tanstack/router-plugin/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { consolePaths, precompressed } from "./build/plugins.mjs";
import { routes } from "./build/routes.mjs";

const BASE = new RegExp(
  [
    String.raw`node_modules[\\/](react|react-dom|scheduler|@tanstack|openapi-fetch)[\\/]`,
    // What every icon is made with: it must be there before the first.
    String.raw`@tabler[\\/]icons-react[\\/]dist[\\/]esm[\\/](createReactComponent|defaultAttributes)`,
  ].join("|"),
);
/** What forms are made of, and what operators ask: not every page is one, and most are not theirs. */
const FORMS = new RegExp(
  [
    String.raw`node_modules[\\/](@mantine[\\/]form|klona|fast-deep-equal)[\\/]`,
    String.raw`@mantine[\\/]core[\\/]esm[\\/]components[\\/](Input|InputBase|TextInput|PasswordInput|NativeSelect|Checkbox|Combobox)[\\/]`,
    String.raw`@mantine[\\/]core[\\/]styles[\\/](Input|InlineInput|PasswordInput|Checkbox)\.css`,
    // It brings the other fields along, wherever it is put.
    String.raw`@mantine[\\/]core[\\/]esm[\\/]utils[\\/]InlineInput[\\/]`,
    String.raw`src[\\/](lib[\\/](form|house)|parts[\\/]fields|messages[\\/](?!common|faults|shell))`,
  ].join("|"),
);
/** What pages of requests hear them with: the frame does without. */
const LIVE = /src[\\/]lib[\\/](events|frames|useLive)\.ts/;
/** What pages with lists are made of: signing in and the frame do without. */
const LISTS = new RegExp(
  [
    String.raw`src[\\/]parts[\\/](DataTable|When|Facts)\.`,
    String.raw`src[\\/]lib[\\/](time|figures)\.`,
    String.raw`node_modules[\\/]@mantine[\\/]core[\\/]esm[\\/]components[\\/](SimpleGrid|Badge|Progress)`,
  ].join("|"),
);
/** The icons of the frame: one file, where each by itself would be mostly its wrapping. */
const ICONS =
  /icons[\\/]Icon(ChartBar|History|Key|LayoutDashboard|ListDetails|Logout|PlugConnected|Plus|Robot|Search|Settings|Stack2|Terminal2|UserCircle|UsersGroup|Check|Selector)\.mjs/;
/** So many pages that use a module put it into the common file. */
const SHARED_BY = 16;

/** The gateway in the inner loop. It sees the host that the browser sees: changes from another origin are refused. */
const GATEWAY = { target: "http://127.0.0.1:8011", changeOrigin: false };

export default defineConfig({
  plugins: [
    tanstackRouter({ ...routes, target: "react", autoCodeSplitting: true }),
    react(),
    consolePaths(),
    precompressed(),
  ],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    manifest: true,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What most pages need is one file: a few requests, and one dictionary for the compression.
        codeSplitting: {
          groups: [
            { name: "base", test: BASE, priority: 2 },
            { name: "icons", test: ICONS, priority: 1, includeDependenciesRecursively: false },
            { name: "live", test: LIVE, priority: 1, includeDependenciesRecursively: false },
            { name: "lists", test: LISTS, priority: 1, includeDependenciesRecursively: false },
            { name: "common", minShareCount: SHARED_BY, test: (id) => !FORMS.test(id) },
          ],
        },
      },
    },
  },
  server: { proxy: { "/api": GATEWAY, "/v1": GATEWAY } },
  test: { environment: "jsdom", setupFiles: ["./src/test-setup.ts"], css: false, include: ["src/**/*.test.{ts,tsx}"] },
});
