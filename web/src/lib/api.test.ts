// The way to the API: tokens, faults, and what is learnt beside the answers.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api, idempotencyKey, keepCsrf, type News, onNews, take } from "./api";
import { Fault } from "./fault";

const problem = (status: number, code: string, more: object = {}, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ type: "about:blank", title: "x", status, code, detail: `told: ${code}`, ...more }), {
    status,
    headers: { "content-type": "application/problem+json", "x-request-id": "req_1", ...headers },
  });
const good = (body: object) => Response.json(body);

let asked: Request[] = [];
let news: News[] = [];
let stop: () => unknown = () => {};

function answers(...list: (Response | Error)[]) {
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(request);
    const next = list.shift();
    if (!next || next instanceof Error) throw next ?? new Error("nothing more was expected");
    return next;
  });
}

beforeEach(() => {
  asked = [];
  news = [];
  stop = onNews((one) => news.push(one));
  keepCsrf("one");
});

afterEach(() => {
  stop();
  vi.unstubAllGlobals();
});

const faultOf = async (call: Promise<unknown>): Promise<Fault> => {
  const thrown = await call.then(
    () => null,
    (why: unknown) => why,
  );
  expect(thrown).toBeInstanceOf(Fault);
  return thrown as Fault;
};

describe("changes", () => {
  it("carry the session's token, readings do not", async () => {
    answers(good({ done: true }), good({ data: [] }));
    await take(api.POST("/verify", { body: { token: "x" } }));
    await take(api.GET("/sessions"));
    expect(asked.map((request) => request.headers.get("x-csrf-token"))).toEqual(["one", null]);
  });

  it("are sent once more where another tab has signed in since", async () => {
    answers(problem(403, "csrf"), good({ csrf_token: "two" }), good({ done: true }));
    await take(api.POST("/verify", { body: { token: "x" } }));
    expect(asked.map((request) => [request.method, request.headers.get("x-csrf-token")])).toEqual([
      ["POST", "one"],
      ["GET", null],
      ["POST", "two"],
    ]);
    expect(await asked[2]?.json()).toEqual({ token: "x" });
  });

  it("are not sent for ever", async () => {
    answers(problem(403, "csrf"), good({ csrf_token: "one" }));
    const fault = await faultOf(take(api.POST("/verify", { body: { token: "x" } })));
    expect([fault.status, fault.code]).toEqual([403, "csrf"]);
  });
});

describe("faults", () => {
  it("have the server's words, its id, every field and the time to wait", async () => {
    const errors = [{ field: "name", detail: "too long" }];
    answers(problem(429, "too_many_tries", { errors }, { "retry-after": "7" }));
    const fault = await faultOf(take(api.GET("/sessions")));
    expect(fault.message).toBe("told: too_many_tries");
    expect([fault.requestId, fault.waitSeconds, fault.fields]).toEqual(["req_1", 7, errors]);
  });

  it("are told where a proxy answers in its own way, or nobody does", async () => {
    answers(new Response("<h1>Bad gateway</h1>", { status: 502 }), new TypeError("Failed to fetch"));
    const proxy = await faultOf(take(api.GET("/sessions")));
    expect([proxy.status, proxy.isPassing, proxy.requestId]).toEqual([502, true, null]);
    expect(proxy.message).toMatch(/502/);
    const nobody = await faultOf(take(api.GET("/sessions")));
    expect([nobody.status, nobody.isPassing]).toEqual([0, true]);
    expect(news).toEqual(["answered", "no-answer"]);
  });

  it("tell when a session is over, and not when a password is wrong", async () => {
    answers(problem(401, "unauthorized"), problem(401, "wrong_credentials"), problem(401, "second_factor_needed"));
    for (let n = 0; n < 3; n += 1) await faultOf(take(api.GET("/sessions")));
    expect(news).toEqual(["answered", "signed-out", "answered", "answered", "signed-out"]);
  });
});

it("makes keys that differ and that the API takes", () => {
  const keys = new Set(Array.from({ length: 100 }, idempotencyKey));
  expect(keys.size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^[!-~]{1,255}$/);
});
