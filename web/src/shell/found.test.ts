// What of a key goes into an address.
import { describe, expect, it } from "vitest";
import { asked } from "./found";

describe("what is asked for", () => {
  const body = "0PkU".padEnd(49, "x");

  it("has of a whole key what is known of it anyway", () => {
    expect(asked(` sk-tg-${body}\n`)).toBe("sk-tg-0PkU");
    expect(asked(`tgop-${body}`)).toBe("tgop-0PkU");
    expect(asked(`OPENAI_API_KEY="sk-tg-${body}"`)).toBe('OPENAI_API_KEY="sk-tg-0PkU"');
    expect(asked(`Bearer sk-tg-${body}`)).toBe("Bearer sk-tg-0PkU");
  });

  it.each(["ada@example.com", "req_01m8ny74n1evy8tcmwjzj2ahma", "sk-tg-0PkU", "analytical engines", "a".repeat(49)])(
    "is otherwise what was typed: %s",
    (typed) => expect(asked(typed)).toBe(typed),
  );
});
