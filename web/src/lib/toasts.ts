// Short notices at the edge of the screen. In: what happened. Out: a list that parts/Toasts shows. Never here: faults of a form,
// which stand at the form.
import { asFault, type Fault } from "./fault";
import { store } from "./store";

/** A notice. */
export interface Toast {
  id: number;
  kind: "done" | "news" | "fault";
  text: string;
  fault?: Fault;
}

const SHOWN_MS = 5_000;
const SHOWN_MAX = 4;

/** Those that are shown. */
export const toasts = store<readonly Toast[]>([]);
let last = 0;

/** Tells that something was done; it goes by itself. */
export function tellDone(text: string): void {
  add({ kind: "done", text });
}

/** Tells something else; it goes by itself. */
export function tellNews(text: string): void {
  add({ kind: "news", text });
}

/** Tells a failure with its request id; it stays until it is closed. */
export function tellFault(thrown: unknown): void {
  const fault = asFault(thrown);
  add({ kind: "fault", text: fault.message, fault });
}

/** Takes a notice away. */
export function dismiss(id: number): void {
  toasts.set(toasts.get().filter((toast) => toast.id !== id));
}

function add(toast: Omit<Toast, "id">): void {
  last += 1;
  const id = last;
  toasts.set([...toasts.get(), { ...toast, id }].slice(-SHOWN_MAX));
  if (toast.kind !== "fault") setTimeout(() => dismiss(id), SHOWN_MS);
}
