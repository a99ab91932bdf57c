// Questions before something that cannot be taken back. In: what it is and what follows from it. Out: a question that
// parts/Confirm shows, which does it and stays open until it is done. Never here: a question without its consequence.
import { store } from "./store";

/** A question. */
export interface Question {
  title: string;
  /** What follows from it, in a sentence or two. */
  consequence: string;
  /** What the button says: the verb, never "OK". */
  action: string;
  /** Does it; what it throws is shown. */
  run: () => Promise<unknown>;
  /** Where it cannot be undone and takes much with it: what must be typed first. */
  typed?: string;
  /** Whether it takes something away; on unless it is said. */
  danger?: boolean;
}

/** The one that is open. */
export const question = store<Question | null>(null);

/** Asks. */
export function confirm(next: Question): void {
  question.set(next);
}
