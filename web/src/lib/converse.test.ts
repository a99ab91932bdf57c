// A call of the public API: pieces as they come, failures before and inside the answer, an end by its reader.
import { afterEach, describe, expect, it, vi } from "vitest";
import { converse } from "./converse";
import { Fault } from "./fault";

const asked = (answer: Response | Error, more: { signal?: AbortSignal } = {}) => {
  const heard: unknown[] = [];
  const began: (string | null)[] = [];
  const fetching = vi.fn<typeof fetch>(() =>
    answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer),
  );
  vi.stubGlobal("fetch", fetching);
  const done = converse({
    base: "/v1",
    key: "sk-1",
    body: { model: "m" },
    signal: more.signal ?? new AbortController().signal,
    began: (id) => began.push(id),
    heard: (piece) => heard.push(piece),
  });
  return { done, heard, began, fetching };
};
const answer = (body: string, type: string, status = 200) =>
  new Response(body, { status, headers: { "content-type": type, "x-request-id": "req_1" } });

describe("a talk with a model", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("is asked for with the key alone, on this origin", async () => {
    const { done, heard, began, fetching } = asked(answer('{"choices":[]}', "application/json"));
    await done;
    const [url, init] = fetching.mock.calls[0] ?? [];
    expect(url).toBe("/v1/chat/completions");
    expect(init).toMatchObject({ credentials: "omit", headers: { authorization: "Bearer sk-1" } });
    expect([heard, began]).toEqual([[{ choices: [] }], ["req_1"]]);
  });

  it("is heard piece by piece, to the end", async () => {
    const stream = ': beat\n\ndata: {"n":1}\n\ndata: {"n":2}\n\ndata: [DONE]\n\n';
    const { done, heard } = asked(answer(stream, "text/event-stream; charset=utf-8"));
    await done;
    expect(heard).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it("fails in the gateway's words, before the answer and inside it", async () => {
    const told = '{"error":{"message":"no such model","code":"model_not_available"}}';
    const before = await asked(answer(told, "application/json", 404)).done.catch((thrown: unknown) => thrown);
    expect(before).toMatchObject({
      status: 404,
      code: "model_not_available",
      message: "no such model",
      requestId: "req_1",
    });
    const inside = asked(answer(`data: {"n":1}\n\ndata: ${told}\n\n`, "text/event-stream"));
    await expect(inside.done).rejects.toBeInstanceOf(Fault);
    expect(inside.heard).toEqual([{ n: 1 }]);
  });

  it("says that nobody answered, but not to who ended it", async () => {
    await expect(asked(new TypeError("failed")).done).rejects.toMatchObject({ code: "no_answer" });
    const ended = new Error("ended");
    await expect(asked(ended, { signal: AbortSignal.abort() }).done).rejects.toBe(ended);
  });
});
