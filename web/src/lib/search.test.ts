// Addresses that somebody else wrote.
import { describe, expect, it } from "vitest";
import { listOf, nextOf, pageOf, searchWith, textOf, wordOf } from "./search";
import { safeNext } from "./session";

describe("where to go after a sign-in", () => {
  it.each([
    ["/keys", "/keys"],
    ["/keys?workspace=acme&before=key_1#x", "/keys?workspace=acme&before=key_1#x"],
    ["/a/../keys", "/keys"],
  ])("%s is %s", (next, path) => expect(safeNext(next)).toBe(path));

  it.each([
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "javascript:alert(1)",
    "keys",
    "",
    7,
    null,
    undefined,
    ["/keys"],
    "/\t/evil.example",
    "/a/..//evil.example",
  ])("%s never leaves the console", (next) => {
    const path = safeNext(next);
    expect(new URL(path, "http://here.invalid").host).toBe("here.invalid");
    expect(path.startsWith("/") && !path.startsWith("//")).toBe(true);
  });
});

describe("parameters", () => {
  it("are told as undefined where they are not good, or the router would put them back", () => {
    expect(Object.hasOwn(nextOf({ next: "//evil.example" }), "next")).toBe(true);
    expect(nextOf({ next: "//evil.example" }).next).toBeUndefined();
    expect(Object.hasOwn(pageOf({ before: {} }), "before")).toBe(true);
    expect(pageOf({ before: "key_1" })).toEqual({ before: "key_1" });
  });

  it("narrow a list by what the gateway takes", () => {
    expect(listOf({ q: " jane ", before: "usr_1" })).toEqual({ q: "jane", before: "usr_1" });
    for (const q of ["", "  ", {}, "x".repeat(101)]) expect(listOf({ q })).toEqual({});
  });

  it("change without what else stands there", () => {
    const change: (now: object) => object = searchWith({ q: "jane", before: undefined });
    expect(change({ tier: "plus", q: "j", before: "usr_1" })).toEqual({ tier: "plus", q: "jane" });
  });

  it("have a length and a type", () => {
    expect([textOf("x"), textOf(12), textOf(""), textOf({}), textOf("x".repeat(201))]).toEqual([
      "x",
      "12",
      undefined,
      undefined,
      undefined,
    ]);
    expect([wordOf("b", ["a", "b"]), wordOf("c", ["a", "b"])]).toEqual(["b", undefined]);
  });
});
