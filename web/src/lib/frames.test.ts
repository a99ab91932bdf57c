// Frames of a stream, however its bytes are cut.
import { describe, expect, it, vi } from "vitest";
import { Frames, framesOf } from "./frames";

const encode = (text: string) => new TextEncoder().encode(text);

describe("server-sent events", () => {
  it("are the same however they are cut", () => {
    const text = 'retry: 2000\n\n: beat\n\nevent: request\nid: 7-req\ndata: {"a":"é"}\n\nevent: gap\ndata: {}\n\n';
    for (let size = 1; size < text.length; size++) {
      const frames = new Frames();
      const all = [];
      for (let at = 0; at < text.length; at += size) all.push(...frames.push(text.slice(at, at + size)));
      expect(all).toEqual([
        "beat",
        "beat",
        { event: "request", id: "7-req", data: '{"a":"é"}' },
        { event: "gap", id: null, data: "{}" },
      ]);
    }
  });

  it("end with their stream, and with silence", async () => {
    vi.useFakeTimers();
    let end: (() => void) | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(encode(": beat\n\n"));
        end = () => controller.close();
      },
    });
    const frames = framesOf(body, 1_000);
    expect((await frames.next()).value).toBe("beat");
    const silent = frames.next();
    const caught = expect(silent).rejects.toThrow("nothing was heard");
    await vi.advanceTimersByTimeAsync(1_000);
    await caught;
    expect(end).toBeDefined();
    vi.useRealTimers();
  });
});
