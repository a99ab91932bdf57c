// One call of the public API from the playground, with a key that its reader made. In: a body, a key. Out: what comes, as it comes; the
// request's id. Never here: the management API, what a reply means (lib/chat).
import { Fault, lost } from "./fault";
import { framesOf } from "./frames";

/** Longer than this nobody is silent: the gateway sends a sign of life every few seconds. */
const SILENCE_MS = 120_000;
const DONE = "[DONE]";

/** A call. */
export interface Asked {
  /** The base of a surface that speaks Chat Completions, on this origin. */
  base: string;
  key: string;
  body: Record<string, unknown>;
  signal: AbortSignal;
  /** Called with the request's id when the answer begins. */
  began: (request: string | null) => void;
  /** Called with each piece, or with the whole answer. */
  heard: (answer: unknown) => void;
}

/** Makes the call and reads the answer to its end. Fails with a `Fault`, or as aborted. */
export async function converse({ base, key, body, signal, began, heard }: Asked): Promise<void> {
  const answer = await fetch(`${base}/chat/completions`, {
    method: "POST",
    // The key alone says who asks; the session is none of the public API's business.
    credentials: "omit",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal,
  }).catch((thrown: unknown) => {
    throw signal.aborted ? thrown : lost();
  });
  const request = answer.headers.get("x-request-id");
  began(request);
  if (!answer.ok) throw faultOf(await answer.json().catch(() => null), answer.status, request);
  if (!answer.body || !answer.headers.get("content-type")?.startsWith("text/event-stream")) {
    heard(await answer.json());
    return;
  }
  for await (const frame of framesOf(answer.body, SILENCE_MS)) {
    if (frame === "beat" || frame.data === DONE) continue;
    const piece: unknown = JSON.parse(frame.data);
    if (typeof piece === "object" && piece !== null && "error" in piece) throw faultOf(piece, answer.status, request);
    heard(piece);
  }
}

/** What the public API says of a failure (docs/FAULTS.md), as a fault. */
function faultOf(answer: unknown, status: number, request: string | null): Fault {
  const { error } = (answer ?? {}) as { error?: { message?: string; code?: string | null; type?: string } };
  const told = error?.message ?? `HTTP ${status}`;
  return new Fault(status, error?.code ?? error?.type ?? "unknown", told, [], request);
}
