// Server-sent events, read from the stream of a fetch. The browser's own EventSource hides what is needed here: the beats that show
// that a stream still lives, the status of a refusal, and the choice of where to go on. In: bytes. Out: frames. Never here: what they mean.

/** What came: an event, or a sign of life. */
export type Frame = { event: string; data: string; id: string | null } | "beat";

/** Text as it comes, frames as they are complete. */
export class Frames {
  #rest = "";

  /** Takes more text; gives the frames that it completes. */
  push(text: string): Frame[] {
    const blocks = (this.#rest + text).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    return blocks.map(frameOf);
  }
}

function frameOf(block: string): Frame {
  let event = "message";
  let id: string | null = null;
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, field, value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "event") event = value;
    else if (field === "id") id = value;
    else if (field === "data") data.push(value);
  }
  return data.length > 0 ? { event, data: data.join("\n"), id } : "beat";
}

/** Reads a stream to its end; who is silent for too long is taken for dead. */
export async function* framesOf(body: ReadableStream<Uint8Array>, silenceMs: number): AsyncGenerator<Frame> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const frames = new Frames();
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read(), silenceMs);
      if (done) return;
      yield* frames.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

async function inTime<T>(what: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error("nothing was heard for too long")), ms);
  });
  try {
    return await Promise.race([what, late]);
  } finally {
    clearTimeout(timer);
  }
}
