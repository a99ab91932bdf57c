// How the console is built and tested: routes are files, packages come from npm alone, what is sent is compressed once, here.
/// <reference types="vitest/config" />
import { tanstackRouter } from "@tanstack/router-plugin/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { consolePaths, precompressed } from "./build/plugins.mjs";
import { routes } from "./build/routes.mjs";

export default defineConfig({
  plugins: [
    tanstackRouter({ ...routes, target: "react", autoCodeSplitting: true }),
    react(),
    consolePaths(),
    precompressed(),
  ],
  build: { target: "es2022", assetsInlineLimit: 0, manifest: true, reportCompressedSize: false },
  server: { proxy: { "/api": "http://127.0.0.1:8011", "/v1": "http://127.0.0.1:8011" } },
  test: { environment: "jsdom", setupFiles: ["./src/test-setup.ts"], css: false, include: ["src/**/*.test.{ts,tsx}"] },
});
