// A line of a difference taken apart into single values. In: a line as the gateway tells it, whose sides are JSON. Out: rows. Never here:
// finding out what differs between documents (the gateway does).
import type { Edit } from "./catalogue";

/** One value before and after; a side that is absent is null. */
export interface Row {
  field: string;
  before: string | null;
  after: string | null;
}

/** The values that differ. */
export function rowsOf({ what, fields }: Edit): Row[] {
  // As many as before are others.
  if (what === "credentials") {
    return fields.map(({ field, before, after }) => ({
      field,
      before: textOf(sideOf(before)),
      after: textOf(sideOf(after)),
    }));
  }
  return fields.flatMap(({ field, before, after }) => leaves(field, sideOf(before), sideOf(after)));
}

const ABSENT = Symbol("absent");

function sideOf(side: string | number | null | undefined): unknown {
  if (side === undefined || side === null) return ABSENT;
  if (typeof side === "number") return side;
  try {
    return JSON.parse(side);
  } catch {
    // Older lines of the log tell an absent side so.
    return side === "-" ? ABSENT : side;
  }
}

function leaves(field: string, before: unknown, after: unknown): Row[] {
  if (before !== ABSENT && after !== ABSENT && JSON.stringify(before) === JSON.stringify(after)) return [];
  const [one, other] = [parts(before), parts(after)];
  // A value that becomes a table, or the other way, is told whole.
  if ((one && (other || after === ABSENT)) || (other && before === ABSENT)) {
    const names = [...new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})])];
    const list = Array.isArray(before) || Array.isArray(after);
    return names.flatMap((name) =>
      leaves(list ? `${field}[${name}]` : `${field}.${name}`, partOf(one, name), partOf(other, name)),
    );
  }
  return [{ field, before: textOf(before), after: textOf(after) }];
}

/** What a value is made of, where it is a table or a list of tables. */
function parts(value: unknown): Record<string, unknown> | null {
  if (typeof value !== "object" || value === null) return null;
  const whole = Array.isArray(value) && !value.every((one) => typeof one === "object" && one !== null);
  return whole || Object.keys(value).length === 0 ? null : { ...value };
}

function partOf(all: Record<string, unknown> | null, name: string): unknown {
  return all && Object.hasOwn(all, name) ? all[name] : ABSENT;
}

function textOf(value: unknown): string | null {
  if (value === ABSENT) return null;
  if (typeof value === "string") return value === "" ? '""' : value;
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one !== "object"))
    return value.map((one) => textOf(one)).join(", ");
  return JSON.stringify(value);
}
