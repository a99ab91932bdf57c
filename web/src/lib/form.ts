// Forms that are sent to the management API. In: a form of Mantine's, what sends it. Out: one call at a time, every wrong field at
// its place, an Idempotency-Key that stays the same while the same is tried again. Never here: checks that only the server can make.
import type { UseFormReturnType } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import { idempotencyKey } from "./api";
import { asFault, type Fault, type WrongField } from "./fault";

interface Sending<Values, Answer> {
  form: UseFormReturnType<Values>;
  /** Sends it; the key is for calls that make something. */
  send: (values: Values, key: string) => Promise<Answer>;
  done: (answer: Answer, values: Values) => unknown;
  /** Fields of the API by the beginning of their names, and where they stand in the form. */
  names?: Readonly<Record<string, string>>;
}

/** What a form needs to be sent. */
export interface Sent {
  onSubmit: (event?: React.FormEvent<HTMLFormElement>) => void;
  busy: boolean;
  fault: Fault | null;
  /** Wrong fields that stand nowhere in the form. */
  strays: readonly WrongField[];
}

/** Sends a form. */
export function useSending<Values extends Record<string, unknown>, Answer>(of: Sending<Values, Answer>): Sent {
  const { form, names = {} } = of;
  const tried = useRef({ what: "", key: "" });
  const sending = useMutation({
    mutationFn: (values: Values) => {
      const what = JSON.stringify(values);
      if (tried.current.what !== what) tried.current = { what, key: idempotencyKey() };
      return of.send(values, tried.current.key);
    },
    onSuccess: (answer, values) => {
      tried.current = { what: "", key: "" };
      return of.done(answer, values);
    },
    onError: (thrown) => {
      const { placed } = place(asFault(thrown).fields, Object.keys(form.getValues()), names);
      form.setErrors(placed);
      const first = Object.keys(placed)[0];
      if (first) form.getInputNode(first)?.focus();
    },
  });
  const fault = sending.error ? asFault(sending.error) : null;
  return {
    onSubmit: form.onSubmit((values) => sending.mutate(values), focusFirst(form)),
    busy: sending.isPending,
    fault,
    strays: place(fault?.fields ?? [], Object.keys(form.getValues()), names).strays,
  };
}

function focusFirst<Values extends Record<string, unknown>>(form: UseFormReturnType<Values>) {
  return (errors: Record<string, unknown>) => {
    const first = Object.keys(errors)[0];
    if (first) form.getInputNode(first)?.focus();
  };
}

/** Puts each wrong field where it stands in the form: by the longest beginning of its name that is known. */
export function place(
  wrong: readonly WrongField[],
  fields: readonly string[],
  names: Readonly<Record<string, string>>,
): { placed: Record<string, string>; strays: WrongField[] } {
  const placed: Record<string, string> = {};
  const strays: WrongField[] = [];
  const known = { ...Object.fromEntries(fields.map((field) => [field, field])), ...names };
  const longest = Object.keys(known).sort((one, other) => other.length - one.length);
  for (const field of wrong) {
    const begin = longest.find(
      (name) => field.field === name || (/^[.[]/.test(field.field.slice(name.length)) && field.field.startsWith(name)),
    );
    const at = begin === undefined ? undefined : known[begin];
    if (at === undefined) strays.push(field);
    else placed[at] = [...(placed[at] ? [placed[at]] : []), sentence(field, begin ?? "")].join("; ");
  }
  return { placed, strays };
}

/** The words of one field; which of a list is wrong is told with them. */
function sentence({ field, detail }: WrongField, begin: string): string {
  const rest = field.slice(begin.length).replace(/^\./, "");
  return rest ? `${rest}: ${detail}` : detail;
}
