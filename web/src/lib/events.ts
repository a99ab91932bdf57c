// Requests as they end, heard once for all tabs of a browser: more than six streams to one place would hold up every page (docs/CONSOLE.md).
// Of the visible tabs that watch the same, one has the stream, by a lock; the others hear it by a channel. Whoever takes over goes on where
// the last one stopped. In: where streams come from. Out: rows, each once; how it stands. Never here: a query, a widget.
import type { components } from "#schema";
import { asFault } from "./fault";
import { type Frame, framesOf } from "./frames";
import { type Store, store } from "./store";

/** A request that ended; operators are told who served it. */
export type Request = components["schemas"]["Request"] &
  Partial<Pick<components["schemas"]["Usage"], "provider" | "upstream_model">>;

/** How it stands. */
export interface Standing {
  /** `off` is for good: who watches may not. */
  phase: "connecting" | "live" | "off";
  /** What was asked for before this instant may lack rows that nobody will tell of; null before anything was heard. */
  since: number | null;
}

/** A way to the other tabs. */
export interface Channel {
  post: (message: Message) => void;
  close: () => void;
}

/** What a browser has for this; tests stand in for it. */
export interface Around {
  open: (last: string | null, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;
  /** Null where the page did not come over https: then each visible tab has its own stream. */
  locks: Pick<LockManager, "request"> | null;
  channel: (name: string, heard: (message: Message) => void) => Channel;
  isVisible: () => boolean;
  /** Calls whenever the tab is shown or hidden; the result ends it. */
  onVisible: (listener: () => void) => () => void;
}

/** What tabs tell each other. `last` is the id of the event that the sender heard last. */
export type Message =
  | { kind: "hello" }
  | { kind: "beat" }
  | { kind: "row"; row: Request; last: string | null }
  | { kind: "gap" }
  | { kind: "standing"; phase: Standing["phase"]; whole: boolean; last: string | null };

/** The server beats every 15 seconds. */
const SILENCE_MS = 40_000;
/** A tab that leads and says nothing for so long has hung. */
const LEADER_SILENCE_MS = 60_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** Another node's rows come so much later than they ended. */
const LATE_MS = 2_000;
/** So many ids are remembered. */
const SEEN_MAX = 1_000;
/** From one page to the next the stream stays. */
const LINGER_MS = 3_000;

/** What one browser hears of one workspace, or of all, for one user. */
export class Live {
  readonly standing: Store<Standing> = store<Standing>({ phase: "connecting", since: null });
  readonly #name: string;
  readonly #around: Around;
  readonly #watchers = new Set<(row: Request) => void>();
  readonly #seen = new Set<string>();
  #last: string | null = null;
  #channel: Channel | null = null;
  #offVisible: (() => void) | undefined;
  #turn: AbortController | null = null;
  #leads = false;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #leaving: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string, around: Around) {
    this.#name = name;
    this.#around = around;
  }

  /** Hears of rows until the result is called. */
  watch(watcher: (row: Request) => void): () => void {
    clearTimeout(this.#leaving);
    this.#watchers.add(watcher);
    if (!this.#offVisible) this.#start();
    return () => {
      this.#watchers.delete(watcher);
      clearTimeout(this.#leaving);
      if (this.#watchers.size === 0) this.#leaving = setTimeout(() => this.#stop(), LINGER_MS);
    };
  }

  #start(): void {
    this.standing.set({ phase: "connecting", since: null });
    if (this.#around.locks) this.#channel = this.#around.channel(this.#name, (message) => this.#heard(message));
    this.#offVisible = this.#around.onVisible(() => this.#look());
    this.#look();
  }

  #stop(): void {
    this.#offVisible?.();
    this.#offVisible = undefined;
    this.#turn?.abort();
    this.#turn = null;
    this.#channel?.close();
    this.#channel = null;
    clearTimeout(this.#silence);
  }

  /** A tab that nobody sees gives the stream to one that is seen. */
  #look(): void {
    if (!this.#around.isVisible()) {
      this.#turn?.abort();
      this.#turn = null;
      return;
    }
    this.#channel?.post({ kind: "hello" });
    this.#listen();
    if (!this.#turn && this.standing.get().phase !== "off") this.#queue(false);
  }

  #queue(steal: boolean): void {
    const turn = new AbortController();
    this.#turn = turn;
    const lead = () => this.#lead(turn.signal);
    const { locks } = this.#around;
    const led = locks ? locks.request(this.#name, steal ? { steal } : { signal: turn.signal }, lead) : lead();
    const over = () => {
      // The lock may have been taken away by a tab that heard nothing of this one.
      turn.abort();
      if (this.#turn !== turn) return;
      this.#turn = null;
      if (this.#offVisible) this.#look();
    };
    Promise.resolve(led).then(over, over);
  }

  async #lead(signal: AbortSignal): Promise<void> {
    this.#leads = true;
    let wait = FIRST_WAIT_MS;
    while (!signal.aborted && this.standing.get().phase !== "off") {
      const refused = await this.#read(signal);
      if (signal.aborted || this.standing.get().phase === "off") break;
      wait = refused === null ? FIRST_WAIT_MS : Math.max(wait, refused);
      this.#stand("connecting", true);
      await pause(wait * (1 + Math.random() / 4), signal);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
    this.#leads = false;
  }

  /** Reads one stream to its end. Where there was none, how long to wait at least. */
  async #read(signal: AbortSignal): Promise<number | null> {
    let opened = false;
    try {
      const whole = this.#last !== null && this.standing.get().since !== null;
      const body = await this.#around.open(before(this.#last), signal);
      opened = true;
      this.#stand("live", whole);
      for await (const frame of framesOf(body, SILENCE_MS)) {
        if (signal.aborted) break;
        this.#frame(frame);
      }
    } catch (thrown) {
      const fault = asFault(thrown);
      if (!signal.aborted && [401, 403, 404].includes(fault.status)) this.#stand("off", true);
      if (!opened) return (fault.waitSeconds ?? 0) * 1_000;
    }
    return null;
  }

  #frame(frame: Frame): void {
    if (frame === "beat") this.#channel?.post({ kind: "beat" });
    else if (frame.event === "gap") {
      this.#gap();
      this.#channel?.post({ kind: "gap" });
    } else if (frame.event === "request") {
      const row: Request = JSON.parse(frame.data);
      this.#last = frame.id ?? this.#last;
      this.#channel?.post({ kind: "row", row, last: this.#last });
      this.#tell(row);
    }
  }

  #heard(message: Message): void {
    if (message.kind === "hello") {
      if (this.#leads) this.#channel?.post({ kind: "standing", ...this.#told(true) });
      return;
    }
    this.#listen();
    if (message.kind === "gap") this.#gap();
    else if (message.kind === "row") {
      this.#last = message.last;
      this.#tell(message.row);
    } else if (message.kind === "standing") {
      // A tab that was asleep has not heard what others heard meanwhile.
      const missed = message.phase === "live" && this.#last !== message.last;
      this.#last = message.last;
      this.#set(message.phase, message.whole && !missed);
    }
  }

  #told(whole: boolean) {
    return { phase: this.standing.get().phase, whole, last: this.#last };
  }

  #stand(phase: Standing["phase"], whole: boolean): void {
    this.#set(phase, whole);
    this.#channel?.post({ kind: "standing", ...this.#told(whole) });
  }

  #set(phase: Standing["phase"], whole: boolean): void {
    const { since } = this.standing.get();
    const kept = phase !== "live" || (whole && since !== null);
    this.standing.set({ phase, since: kept ? since : Date.now() });
  }

  #gap(): void {
    this.standing.set({ ...this.standing.get(), since: Date.now() });
  }

  #tell(row: Request): void {
    if (this.#seen.has(row.request_id)) return;
    this.#seen.add(row.request_id);
    if (this.#seen.size > SEEN_MAX)
      for (const oldest of [...this.#seen].slice(0, SEEN_MAX / 2)) this.#seen.delete(oldest);
    for (const watcher of this.#watchers) watcher(row);
  }

  /** Waits for a sign of life of whoever leads; without one the lead is taken away. */
  #listen(): void {
    clearTimeout(this.#silence);
    if (!this.#channel) return;
    this.#silence = setTimeout(() => {
      if (!this.#leads && this.#turn && this.#around.isVisible()) {
        const waiting = this.#turn;
        this.#queue(true);
        waiting.abort();
      }
      this.#listen();
    }, LEADER_SILENCE_MS);
  }
}

/** An id from which on the server tells again: a little before the last one, for rows of other nodes. */
function before(last: string | null): string | null {
  const [, ended, request] = /^(\d+)-(.+)$/.exec(last ?? "") ?? [];
  return ended && request ? `${Number(ended) - LATE_MS}-${request}` : last;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  });
}
