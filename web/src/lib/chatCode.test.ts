// Code that can be pasted, whatever was typed.
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { codeOf, LANGUAGES } from "./chatCode";

const BASE = "http://127.0.0.1:8011/v1";
const HOSTILE = `it's "quoted" \\ $(id) \`id\` \n </script> ${"é"}`;
const body = {
  model: "m",
  messages: [{ role: "user", content: HOSTILE }],
  tools: [{ type: "function", strict: true, none: null, list: [] }],
  stream: true,
};

describe("the call as code", () => {
  it("names no key and has no pictures", () => {
    const url = `data:image/png;base64,${"A".repeat(1_000)}`;
    const messages = [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }];
    for (const language of LANGUAGES) {
      const code = codeOf(language, BASE, { model: "m", messages });
      expect(code).toContain("TOLLGATE_API_KEY");
      expect(code).toContain("base64,YOUR_IMAGE");
      expect(code).not.toContain("AAAA");
    }
  });

  it("is one word of a shell", () => {
    const told = codeOf("curl", BASE, body).replace(/^curl/, "printf '%s\\n'");
    const words = execFileSync("sh", ["-c", told], { env: { TOLLGATE_API_KEY: "k" } }).toString();
    expect(words).toContain("Authorization: Bearer k");
    expect(JSON.parse(words.slice(words.indexOf("\n{")))).toEqual(body);
  });

  it("is Python", () => {
    const told = codeOf("python", BASE, body);
    expect(told).toContain('"strict": True');
    expect(told).toContain('"none": None');
    expect(told).toContain("stream=True");
  });

  it("is JavaScript", () => {
    const told = codeOf("node", BASE, { ...body, stream: false });
    const json = told.slice(told.indexOf("create(") + "create(".length, told.lastIndexOf(");\nconsole"));
    expect(JSON.parse(json)).toEqual({ ...body, stream: false });
  });
});
