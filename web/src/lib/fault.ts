// What went wrong with a call, as screens tell it: the server's own words, its request id, and every wrong field.
// In: answers that are problems (RFC 9457), or no answer. Out: a Fault. Never here: how it is shown (parts/FaultNote).
import type { components } from "#schema";
import { faults } from "../messages/faults";

type Problem = components["schemas"]["Problem"];

/** A field that is wrong, by the name that the API has for it (`rules.models[2]`). */
export type WrongField = components["schemas"]["FieldProblem"];

/** Why a call did not do what was asked. `status` 0 is no answer at all. */
export class Fault extends Error {
  override name = "Fault";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: readonly WrongField[] = [],
    readonly requestId: string | null = null,
    readonly waitSeconds: number | null = null,
  ) {
    super(message);
  }

  /** Nobody answered, or somebody who cannot just now: the same again may go well. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503;
  }

  /** Whoever asked is not signed in, or not any more. */
  get isSignedOut(): boolean {
    return this.status === 401 && (this.code === "unauthorized" || this.code === "second_factor_needed");
  }
}

/** The fault of an answer that is none of success. */
export async function faultOf(response: Response): Promise<Fault> {
  const problem = await read(response);
  const wait = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  return new Fault(
    response.status,
    problem?.code ?? "unknown",
    problem?.detail ?? faults.noWords(response.status),
    problem?.errors ?? [],
    response.headers.get("x-request-id"),
    Number.isNaN(wait) ? null : wait,
  );
}

/** The fault of a call that got no answer. */
export function lost(): Fault {
  return new Fault(0, "no_answer", faults.noAnswer);
}

/** Anything that was thrown, as a fault. */
export function asFault(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  return new Fault(-1, "console", thrown instanceof Error ? thrown.message : String(thrown));
}

async function read(response: Response): Promise<Partial<Problem> | null> {
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? body : null;
  } catch {
    // A proxy in between answers in its own way.
    return null;
  }
}
