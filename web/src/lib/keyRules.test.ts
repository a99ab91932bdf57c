// Keys between the API and a form.
import { describe, expect, it } from "vitest";
import { capOf, endOf, isAmount, NOTHING, rulesOf, stateOf, valuesOf } from "./keyRules";
import type { Key } from "./keys";

const key = (more: Partial<Key> = {}, caps: Partial<Key["rules"]["caps"]> = {}): Key => ({
  id: "key_1",
  workspace: "ws_1",
  name: "laptop",
  prefix: "sk-tg-abcd",
  created_at: "2026-11-26T12:00:00Z",
  created_by: "ada@example.com",
  owner: null,
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
  old_text_ends_at: null,
  rules: {
    environment: null,
    caps: { total_micro_usd: null, month_micro_usd: null, day_micro_usd: null, ...caps },
    models: null,
    requests_per_minute: null,
    addresses: null,
    scopes: null,
    fallback_model: null,
    metadata: {},
  },
  spend: { total_micro_usd: 500, month_micro_usd: 400, day_micro_usd: 300 },
  ...more,
});

describe("the state of a key", () => {
  const now = Date.parse("2026-11-26T12:00:00Z");
  it.each([
    ["active", key()],
    ["active", key({ expires_at: "2026-11-26T12:00:01Z" }, { day_micro_usd: 301 })],
    ["capped", key({}, { day_micro_usd: 300 })],
    ["capped", key({}, { total_micro_usd: 0 })],
    ["expired", key({ expires_at: "2026-11-26T12:00:00Z" }, { day_micro_usd: 300 })],
    ["revoked", key({ revoked_at: "2026-11-20T12:00:00Z", expires_at: "2026-11-21T12:00:00Z" })],
  ] as const)("is %s", (state, one) => expect(stateOf(one, now)).toBe(state));
});

describe("the rules of a key", () => {
  it("are none where nothing was typed", () => {
    expect(rulesOf(NOTHING)).toEqual({
      environment: null,
      caps: { day_micro_usd: null, month_micro_usd: null, total_micro_usd: null },
      models: null,
      scopes: null,
      fallback_model: null,
      addresses: null,
      requests_per_minute: null,
      metadata: null,
    });
    expect(endOf(NOTHING)).toBeNull();
  });

  it("come back from a form as they were", () => {
    const one = key({ expires_at: "2027-01-01T12:30:00.000Z" }, { month_micro_usd: 12_500_000, day_micro_usd: 1 });
    one.rules.models = ["anthropic/*"];
    one.rules.scopes = ["chat", "read"];
    one.rules.metadata = { team: "red", "": "lost" };
    one.rules.requests_per_minute = 7;
    const values = valuesOf(one);
    expect(values.month).toBe("12.50");
    expect(endOf(values)).toBe("2027-01-01T12:30:00.000Z");
    const rules = rulesOf(values);
    expect(rules.caps).toEqual({ day_micro_usd: 1, month_micro_usd: 12_500_000, total_micro_usd: null });
    expect([rules.models, rules.scopes, rules.requests_per_minute]).toEqual([["anthropic/*"], ["chat", "read"], 7]);
    expect(rules.metadata).toEqual({ team: "red" });
  });
});

describe("caps", () => {
  it("are whole micro-USD", () => {
    expect(capOf("0.000001")).toBe(1);
    expect(capOf(" ")).toBeNull();
    expect([isAmount(""), isAmount("5"), isAmount("x"), isAmount("9007199254.740991")]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(isAmount("9007199254.740992")).toBe(false);
  });
});
