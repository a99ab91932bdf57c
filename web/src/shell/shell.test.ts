// The navigation by role, and what is typed to find something.
import { describe, expect, it } from "vitest";
import { fits, idOf } from "./fits";
import { HOUSE } from "./house";
import { navigation } from "./nav";

describe("the palette", () => {
  it.each([
    ["Audit log", "aud"],
    ["Audit log", "log au"],
    ["Analytical Engines", "ENG"],
    ["pay-roll_team", "roll"],
    ["anything", ""],
  ])("finds %s by %s", (label, typed) => expect(fits(label, typed)).toBe(true));

  it.each([
    ["Audit log", "udit"],
    ["Audit log", "audit x"],
  ])("does not find %s by %s", (label, typed) => expect(fits(label, typed)).toBe(false));
});

describe("an id that was pasted", () => {
  it("is told from words", () => {
    const id = "req_01m8ny74n1evy8tcmwjzj2ahma";
    expect(idOf(` ${id}\n`)).toEqual({ kind: "request", id });
    expect(idOf("key_01m8ny74n1evy8tcmwjzj2ahma")?.kind).toBe("key");
    expect(["req_", id.toUpperCase(), `${id}a`, "usr_01m8ny74n1evy8tcmwjzj2ahma", "requests"].map(idOf)).toEqual(
      Array(5).fill(null),
    );
  });
});

describe("the navigation", () => {
  const seen = (role: Parameters<typeof navigation>[0]) =>
    navigation(role).flatMap((group) => group.items.map((item) => item.to));

  it("leads nobody where they may not look", () => {
    expect(seen("owner")).toContain("/audit-log");
    for (const role of ["developer", "billing", "viewer"] as const) {
      expect(seen(role)).not.toContain("/audit-log");
      expect(seen(role)).not.toContain("/management-keys");
    }
  });

  it("leads operators alone to the whole gateway", () => {
    const of = (operator: boolean) => navigation("owner", operator).flatMap(({ items }) => items.map(({ to }) => to));
    expect(of(true)).toContain("/operator/overview");
    expect(navigation(null, true).flatMap(({ items }) => items.map(({ to }) => to))).toEqual(["/operator/overview"]);
    expect(navigation(null)).toEqual([]);
    expect(of(false).filter((to) => to.startsWith("/operator"))).toEqual([]);
  });

  it("names everything once", () => {
    const all = [...seen("owner"), ...HOUSE.flatMap((group) => group.items.map((item) => item.to))];
    expect(new Set(all).size).toBe(all.length);
  });
});
