// Instants in zones, and how far away they are.
import { describe, expect, it } from "vitest";
import { bare, distance, every, fieldInstant, instant, precise, second, step, typedInstant, zoneName } from "./time";

describe("how often", () => {
  it.each([
    [86_400_000, "every day"],
    [21_600_000, "every 6 hours"],
    [90_000, "every 90 seconds"],
    [1, "every second"],
  ])("%i ms is %s", (ms, words) => expect(every(ms)).toBe(words));
});

describe("instants", () => {
  it("state their zone", () => {
    expect(instant("2026-11-26T13:03:09Z", "UTC")).toBe("26 Nov 2026, 13:03 UTC");
    expect(instant("2026-11-26T13:03:09Z", "Asia/Tokyo")).toBe("26 Nov 2026, 22:03 GMT+9");
    expect(instant("2026-06-26T23:30:00Z", "Europe/Berlin")).toMatch(/^27 Jun 2026, 01:30 (CEST|GMT\+2)$/);
  });

  it("can leave it to the head of a column", () => {
    expect(bare("2026-11-26T13:03:09Z", "UTC")).toBe("26 Nov 2026, 13:03");
    expect(zoneName(new Date("2026-11-26T13:03:09Z"), "UTC")).toBe("UTC");
  });

  it("can be told to the second, and as steps of a chart", () => {
    expect(precise("2026-11-26T13:03:09Z", "UTC")).toBe("26 Nov 2026, 13:03:09 UTC");
    expect(second("2026-11-26T13:03:09Z", "UTC")).toBe("26 Nov, 13:03:09");
    expect(step("2026-11-26T13:00:00Z", 1, "UTC")).toBe("13:00");
    expect(step("2026-11-26T00:00:00Z", 24, "America/New_York")).toBe("26 Nov");
  });

  it("come back from a field as they were", () => {
    expect(typedInstant(fieldInstant("2026-11-26T13:03:00.000Z"))).toBe("2026-11-26T13:03:00.000Z");
    expect(typedInstant("")).toBeNull();
    expect(typedInstant("yesterday")).toBeNull();
  });
});

describe("distances", () => {
  const now = Date.parse("2026-11-26T12:00:00Z");
  it.each([
    ["2026-11-26T11:59:30Z", "just now"],
    ["2026-11-26T12:00:30Z", "in a moment"],
    ["2026-11-26T11:58:00Z", "2 minutes ago"],
    ["2026-11-26T09:00:00Z", "3 hours ago"],
    ["2026-11-28T12:00:00Z", "in 2 days"],
    ["2026-11-25T12:00:00Z", "yesterday"],
    ["2024-11-26T12:00:00Z", "2 years ago"],
  ])("%s is %s", (text, told) => expect(distance(text, now)).toBe(told));
});
