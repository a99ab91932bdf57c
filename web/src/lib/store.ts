// A value that parts of the screen share and the outside may set. In: a first value. Out: the value as it is, and a hook.
// Never here: what comes from the server (its queries know better).
import { useSyncExternalStore } from "react";

/** A shared value. */
export interface Store<T> {
  get: () => T;
  set: (next: T) => void;
  use: () => T;
}

/** Makes one. */
export function store<T>(first: T): Store<T> {
  let value = first;
  const readers = new Set<() => void>();
  const subscribe = (reader: () => void) => {
    readers.add(reader);
    return () => readers.delete(reader);
  };
  const get = () => value;
  return {
    get,
    set: (next) => {
      value = next;
      for (const reader of readers) reader();
    },
    use: () => useSyncExternalStore(subscribe, get, get),
  };
}
