// Which requests an address asks for, and where one that just ended belongs.
import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { houseRequestsOf, requestsOf } from "./asked";
import type { Request } from "./events";
import { csvHref, fits, noSumOf, putRow, type RequestPage, sumSpan, whichOf, withRow } from "./requests";

const NOW = Date.parse("2026-11-30T10:20:30Z");
const row = (id: string, more: Partial<Request> = {}) =>
  ({ request_id: id, at: "2026-11-30T10:00:00Z", key: "key_1", model: "m", ending: "served", ...more }) as Request;

describe("what the address says of requests", () => {
  it("is read, and what is no filter is left out", () => {
    const search = { key: "key_1", ending: "nonsense", since: "24h", from: "never", session: " s ", other: "x" };
    expect(requestsOf(search)).toMatchObject({ key: "key_1", ending: undefined, since: "24h", from: undefined });
    expect(requestsOf({ from: "2026-11-01T00:00:00+01:00", since: "7d" })).toMatchObject({
      since: "custom",
      from: "2026-10-31T23:00:00.000Z",
    });
  });

  it("begins at whole hours and days", () => {
    expect(whichOf({}, NOW).from).toBe("2026-11-24T00:00:00.000Z");
    expect(whichOf({ since: "24h" }, NOW).from).toBe("2026-11-29T11:00:00.000Z");
    expect(whichOf({ since: "month", before: "req_1", model: "m" }, NOW)).toEqual({
      model: "m",
      from: "2026-11-01T00:00:00.000Z",
      until: undefined,
    });
    expect(whichOf({ since: "all" }, NOW).from).toBeUndefined();
  });

  it("is the CSV's too", () => {
    const href = csvHref("a&b", { model: "x/y", from: undefined }, "Europe/Berlin");
    expect(href).toBe("/api/manage/workspaces/a%26b/usage.csv?model=x%2Fy&tz=Europe%2FBerlin");
    expect(csvHref(null, { workspace: "ws_1" }, "UTC")).toBe("/api/manage/usage.csv?workspace=ws_1&tz=UTC");
  });

  it("names a workspace and a provider to operators alone", () => {
    const search = { workspace: "ws_1", provider: "p", model: "m" };
    expect(houseRequestsOf(search)).toMatchObject(search);
    expect(requestsOf(search)).not.toHaveProperty("workspace");
    expect(requestsOf(search)).not.toHaveProperty("provider");
  });
});

describe("a request that just ended", () => {
  it("fits or not", () => {
    const which = { key: "key_1", from: "2026-11-30T10:00:00Z", until: "2026-11-30T11:00:00Z" };
    expect(fits(row("req_1"), which)).toBe(true);
    expect(fits(row("req_1", { key: "key_2" }), which)).toBe(false);
    expect(fits(row("req_1", { at: "2026-11-30T09:59:59.999Z" }), which)).toBe(false);
    expect(fits(row("req_1", { at: "2026-11-30T11:00:00Z" }), which)).toBe(false);
    expect(fits(row("req_1", { session: null }), { session: "s" })).toBe(false);
    const of = { workspace: "ws_1", provider: "p" };
    expect(fits(row("req_1", of), of)).toBe(true);
    expect(fits(row("req_1", { ...of, provider: "other" }), of)).toBe(false);
    expect(fits(row("req_1", { ...of, workspace: "ws_2" }), of)).toBe(false);
  });

  it("stands at its place, once, and the page stays as long as it was", () => {
    const page: RequestPage = { data: [row("req_5"), row("req_3")], next: null };
    const ids = (one: RequestPage) => one.data.map((of) => of.request_id);
    expect(ids(withRow(page, row("req_4"), 3))).toEqual(["req_5", "req_4", "req_3"]);
    expect(withRow(page, row("req_3"), 3)).toBe(page);
    expect(withRow(page, row("req_6"), 2)).toMatchObject({ next: "req_5" });
    expect(ids(withRow(page, row("req_6"), 2))).toEqual(["req_6", "req_5"]);
  });
});

describe("sums of the same requests", () => {
  it("are of whole days where it can be", () => {
    const begun = "2026-10-05T17:00:00Z";
    expect(sumSpan({}, begun, NOW)).toEqual({ from: "2026-10-05T00:00:00.000Z", until: "2026-12-01T00:00:00.000Z" });
    expect(sumSpan({ from: "2026-11-29T11:00:00.000Z" }, begun, NOW).until).toBe("2026-11-30T11:00:00.000Z");
  });

  it("are not kept by everything", () => {
    expect(noSumOf({ fault: "overloaded" })).toBe("fault");
    expect(noSumOf({ session: "s" })).toBe("session");
    expect(noSumOf({ from: "2026-11-30T10:20:00Z" })).toBe("minutes");
    expect(noSumOf({ key: "key_1", from: "2026-11-30T10:00:00Z" })).toBeNull();
    expect(noSumOf({ key: "key_1", provider: "p" })).toBe("provider");
    expect(noSumOf({ workspace: "ws_1", provider: "p" })).toBeNull();
  });
});

describe("a list that is shown", () => {
  it("keeps a request that ended while an older answer was under way", async () => {
    const client = new QueryClient();
    const queryKey = ["requests", "w"];
    const page: RequestPage = { data: [row("req_1")], next: null };
    client.setQueryData(queryKey, page);
    let answer: (page: RequestPage) => void = () => undefined;
    const fetched = client.fetchQuery({ queryKey, queryFn: () => new Promise<RequestPage>((done) => (answer = done)) });
    putRow(client, queryKey, row("req_2"));
    const ids = () => client.getQueryData<RequestPage>(queryKey)?.data.map((one) => one.request_id);
    expect(ids()).toEqual(["req_2", "req_1"]);
    answer(page);
    await fetched;
    await new Promise((done) => setTimeout(done, 5));
    expect(ids()).toEqual(["req_2", "req_1"]);
    // Nobody listens any longer.
    client.setQueryData(queryKey, page);
    await new Promise((done) => setTimeout(done, 5));
    expect(ids()).toEqual(["req_1"]);
  });
});
