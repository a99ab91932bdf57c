// One stream of events for all tabs of a browser: who leads, what is heard twice, what a gap asks for.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Around, Live, type Message, type Request } from "./events";
import { Fault } from "./fault";

/** A stream of the gateway, as a test moves it. */
class Stream {
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly body: ReadableStream<Uint8Array>;

  constructor(
    readonly last: string | null,
    signal: AbortSignal,
  ) {
    this.body = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
    });
    signal.addEventListener("abort", () => this.cut());
  }

  say(text: string) {
    this.#controller?.enqueue(new TextEncoder().encode(text));
  }

  row(id: string, ended = 5_000) {
    this.say(`event: request\nid: ${ended}-${id}\ndata: ${JSON.stringify({ request_id: id })}\n\n`);
  }

  cut() {
    try {
      this.#controller?.error(new Error("cut"));
    } catch {
      // It was over already.
    }
  }
}

/** Locks as browsers have them: one holder, a queue, and who takes by force. */
class Locks {
  #held: { drop: () => void } | null = null;
  readonly #queue: (() => void)[] = [];

  request = (_: string, options: { signal?: AbortSignal; steal?: boolean }, run: () => Promise<unknown>) =>
    new Promise((done, fail) => {
      const begin = () => {
        let dropped = false;
        const holder = {
          drop: () => {
            dropped = true;
            fail(new DOMException("stolen", "AbortError"));
          },
        };
        this.#held = holder;
        run().then((value) => {
          if (!dropped) done(value);
          if (this.#held === holder) {
            this.#held = null;
            this.#queue.shift()?.();
          }
        });
      };
      if (options.steal) {
        this.#held?.drop();
        begin();
      } else if (this.#held) {
        this.#queue.push(begin);
        options.signal?.addEventListener("abort", () => {
          const at = this.#queue.indexOf(begin);
          if (at >= 0) this.#queue.splice(at, 1);
          fail(new DOMException("left", "AbortError"));
        });
      } else begin();
    });
}

/** A browser with tabs. */
class Browser {
  readonly locks = new Locks();
  readonly streams: Stream[] = [];
  readonly tabs: Tab[] = [];
  refusal: Fault | null = null;

  tab(secure = true): Tab {
    const tab = new Tab(this, secure);
    this.tabs.push(tab);
    return tab;
  }

  get stream(): Stream {
    const last = this.streams.at(-1);
    if (!last) throw new Error("no stream was opened");
    return last;
  }
}

class Tab {
  readonly rows: string[] = [];
  readonly live: Live;
  off: () => void;
  /** Whether it hears and answers nothing: a tab that hangs. */
  hangs = false;
  open = 0;
  heard: ((message: Message) => void) | null = null;
  #visible = true;
  #look: (() => void) | undefined;

  constructor(browser: Browser, secure: boolean) {
    const around: Around = {
      open: async (last, signal) => {
        if (browser.refusal) throw browser.refusal;
        const stream = new Stream(last, signal);
        browser.streams.push(stream);
        this.open += 1;
        signal.addEventListener("abort", () => (this.open -= 1));
        return stream.body;
      },
      locks: secure ? (browser.locks as unknown as LockManager) : null,
      channel: (_, heard) => {
        this.heard = heard;
        return {
          post: (message) => {
            if (this.hangs) return;
            for (const other of browser.tabs) if (other !== this && !other.hangs) other.heard?.(message);
          },
          close: () => (this.heard = null),
        };
      },
      isVisible: () => this.#visible,
      onVisible: (listener) => {
        this.#look = listener;
        return () => (this.#look = undefined);
      },
    };
    this.live = new Live("n", around);
    this.off = this.live.watch((row: Request) => this.rows.push(row.request_id));
  }

  show(visible: boolean) {
    this.#visible = visible;
    this.#look?.();
  }

  get phase() {
    return this.live.standing.get().phase;
  }
}

const soon = () => vi.advanceTimersByTimeAsync(10);

describe("requests as they end", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.setSystemTime(1_000_000);
    vi.spyOn(Math, "random").mockReturnValue(0);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("come to ten tabs by one stream", async () => {
    const browser = new Browser();
    const tabs = Array.from({ length: 10 }, () => browser.tab());
    await soon();
    browser.stream.row("a");
    await soon();
    expect(browser.streams).toHaveLength(1);
    for (const tab of tabs) {
      expect(tab.rows).toEqual(["a"]);
      expect(tab.phase).toBe("live");
    }
  });

  it("go on where the tab that had the stream stopped", async () => {
    const browser = new Browser();
    const [first, second] = [browser.tab(), browser.tab()];
    await soon();
    browser.stream.row("a", 5_000);
    await soon();
    const since = second.live.standing.get().since;
    first.off();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(browser.streams).toHaveLength(2);
    expect(browser.stream.last).toBe("3000-a");
    browser.stream.row("a", 5_000);
    browser.stream.row("b", 6_000);
    await soon();
    expect(second.rows).toEqual(["a", "b"]);
    expect(second.live.standing.get().since).toBe(since);
    expect(first.rows).toEqual(["a"]);
  });

  it("are heard by tabs that are seen", async () => {
    const browser = new Browser();
    const [first, second] = [browser.tab(), browser.tab()];
    await soon();
    first.show(false);
    await soon();
    expect([first.open, second.open]).toEqual([0, 1]);
    browser.stream.row("a");
    await soon();
    expect(first.rows).toEqual(["a"]);
    second.show(false);
    await soon();
    expect([first.open, second.open]).toEqual([0, 0]);
    first.show(true);
    await soon();
    expect([first.open, second.open]).toEqual([1, 0]);
    expect(browser.stream.last).toBe("3000-a");
  });

  it("have a stream for each visible tab where there are no locks", async () => {
    const browser = new Browser();
    const [first, second] = [browser.tab(false), browser.tab(false)];
    await soon();
    expect(browser.streams).toHaveLength(2);
    second.show(false);
    await soon();
    expect([first.open, second.open]).toEqual([1, 0]);
    second.show(true);
    await soon();
    expect([first.open, second.open]).toEqual([1, 1]);
  });

  it("are asked for again when the stream breaks or falls silent", async () => {
    const browser = new Browser();
    const tab = browser.tab();
    await soon();
    browser.stream.cut();
    await soon();
    expect(tab.phase).toBe("connecting");
    await vi.advanceTimersByTimeAsync(1_000);
    expect([browser.streams.length, tab.phase]).toEqual([2, "live"]);
    await vi.advanceTimersByTimeAsync(39_000);
    browser.stream.say(": beat\n\n");
    await vi.advanceTimersByTimeAsync(39_000);
    expect(browser.streams).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2_100);
    expect(browser.streams).toHaveLength(3);
  });

  it("tell that some may be missing: after a gap, and after a break before the first row", async () => {
    const browser = new Browser();
    const [first, second] = [browser.tab(), browser.tab()];
    await soon();
    const before = second.live.standing.get().since ?? 0;
    browser.stream.say("event: gap\ndata: {}\n\n");
    await soon();
    const gap = second.live.standing.get().since ?? 0;
    expect(gap).toBeGreaterThan(before);
    expect(first.live.standing.get().since).toBe(gap);
    browser.stream.cut();
    await vi.advanceTimersByTimeAsync(1_100);
    expect(second.live.standing.get().since).toBeGreaterThan(gap);
  });

  it("are missed by a tab that slept, and it learns that", async () => {
    const browser = new Browser();
    const [, second] = [browser.tab(), browser.tab()];
    await soon();
    const before = second.live.standing.get().since ?? 0;
    second.hangs = true;
    browser.stream.row("a");
    await soon();
    second.hangs = false;
    second.show(true);
    await soon();
    expect(second.rows).toEqual([]);
    expect(second.live.standing.get().since).toBeGreaterThan(before);
  });

  it("are taken over from a tab that hangs", async () => {
    const browser = new Browser();
    const [first, second] = [browser.tab(), browser.tab()];
    await soon();
    first.hangs = true;
    await vi.advanceTimersByTimeAsync(59_000);
    expect(second.open).toBe(0);
    await vi.advanceTimersByTimeAsync(1_100);
    expect([first.open, second.open]).toEqual([0, 1]);
    browser.stream.row("a");
    await soon();
    expect(second.rows).toEqual(["a"]);
  });

  it("stop for who may not watch, and wait for who watches too much", async () => {
    const browser = new Browser();
    browser.refusal = new Fault(429, "too_many_listeners", "too many", [], null, 60);
    const tab = browser.tab();
    await vi.advanceTimersByTimeAsync(59_000);
    browser.refusal = null;
    expect(browser.streams).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(tab.phase).toBe("live");
    browser.refusal = new Fault(403, "forbidden", "no");
    browser.stream.cut();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(tab.phase).toBe("off");
    browser.refusal = null;
    await vi.advanceTimersByTimeAsync(100_000);
    expect(browser.streams).toHaveLength(1);
  });

  it("stay from one page to the next", async () => {
    const browser = new Browser();
    const tab = browser.tab();
    await soon();
    tab.off();
    await vi.advanceTimersByTimeAsync(1_000);
    tab.off = tab.live.watch((row) => tab.rows.push(row.request_id));
    await vi.advanceTimersByTimeAsync(5_000);
    expect([browser.streams.length, tab.open]).toEqual([1, 1]);
    tab.off();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(tab.open).toBe(0);
  });
});
