// Lines to paste: what a hostile name would do to them.
import { describe, expect, it } from "vitest";
import type { About } from "./about";
import { dotenv, quoted, snippets } from "./snippets";

const about = (surfaces: About["surfaces"]): About => ({
  version: "0",
  signed_in: false,
  registration: "open",
  setup_needed: false,
  public_url: "https://api.example.com",
  surfaces,
});
const usual = about([
  { base: "/v1", families: ["openai", "account"] },
  { base: "/anthropic/v1", families: ["anthropic"] },
]);

describe("snippets", () => {
  it("name the addresses of this gateway", () => {
    const [openai, anthropic, key] = snippets(usual, "sk-1", "m");
    expect(openai?.text).toContain("curl 'https://api.example.com/v1/chat/completions' \\\n");
    expect(anthropic?.text).toContain("'https://api.example.com/anthropic/v1/messages'");
    expect(key?.text).toBe("curl 'https://api.example.com/v1/key' \\\n  -H 'Authorization: Bearer sk-1'");
  });

  it("leave out what is not there", () => {
    expect(snippets(usual, "sk-1", null).map((one) => one.id)).toEqual(["key"]);
    expect(snippets(about([{ base: "/x", families: ["gemini"] }]), "sk-1", "m")).toEqual([]);
  });

  it("quote whatever a model is called", () => {
    expect(quoted("a'b$(x)")).toBe(`'a'\\''b$(x)'`);
    expect(snippets(usual, "sk-1", "it's `x`")[0]?.text).toContain(`"it'\\''s \`x\`"`);
  });
});

describe("the environment", () => {
  it("is what SDKs read", () => {
    expect(dotenv(usual, "sk-1")).toBe(
      "OPENAI_BASE_URL=https://api.example.com/v1\nOPENAI_API_KEY=sk-1\n" +
        "ANTHROPIC_BASE_URL=https://api.example.com/anthropic\nANTHROPIC_AUTH_TOKEN=sk-1\n",
    );
    expect(dotenv(about([]), "sk-1")).toBe("TOLLGATE_API_KEY=sk-1\n");
  });
});
