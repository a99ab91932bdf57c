// Instants as people read them, the zone always stated. In: RFC 3339 texts in UTC. Out: text in the reader's zone.
// Never here: a sum over days (the server buckets them).

const parts = (style: Intl.DateTimeFormatOptions, zone: string | undefined) =>
  new Intl.DateTimeFormat("en-GB", { ...style, ...(zone ? { timeZone: zone } : {}) });

/** The zone of the reader, or of a name. */
export function zoneName(at: Date = new Date(), zone?: string): string {
  const named = parts({ timeZoneName: "short" }, zone).formatToParts(at);
  return named.find((part) => part.type === "timeZoneName")?.value ?? "UTC";
}

/** Day and minute with the zone: `26 Nov 2026, 14:03 UTC`. */
export function instant(text: string, zone?: string): string {
  const at = new Date(text);
  return `${bare(text, zone)} ${zoneName(at, zone)}`;
}

/** Day and minute, for a column whose head states the zone. */
export function bare(text: string, zone?: string): string {
  const style = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" } as const;
  return parts(style, zone).format(new Date(text));
}

/** Day and second, for a column whose head states the zone: `30 Nov, 09:31:04`. */
export function second(text: string, zone?: string): string {
  const style = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  return parts(style, zone).format(new Date(text));
}

/** Day and second with the zone: `30 Nov 2026, 09:31:04 CET`. */
export function precise(text: string, zone?: string): string {
  const day = { day: "numeric", month: "short", year: "numeric" } as const;
  const at = new Date(text);
  const style = { ...day, hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  return `${parts(style, zone).format(at)} ${zoneName(at, zone)}`;
}

/** The name of a step of time: an hour of the reader's zone, or a UTC day. */
export function step(text: string, hours: number, zone?: string): string {
  const at = new Date(text);
  if (hours < 24) return parts({ hour: "2-digit", minute: "2-digit" }, zone).format(at);
  return parts({ day: "numeric", month: "short" }, "UTC").format(at);
}

/** How far away an instant is: `3 hours ago`, `in 2 days`. */
export function distance(text: string, now: number = Date.now()): string {
  const seconds = Math.round((new Date(text).getTime() - now) / 1000);
  const size = Math.abs(seconds);
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const [unit, length] of UNITS) {
    if (size >= length) return words.format(Math.trunc(seconds / length), unit);
  }
  return seconds > 0 ? "in a moment" : "just now";
}

/** How often something is done: `every day`, `every 90 seconds`, in the largest unit that it is a whole number of. */
export function every(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  const [unit, length] = UNITS.find(([, length]) => seconds % length === 0) ?? SECOND;
  const many = seconds / length;
  return many === 1 ? `every ${unit}` : `every ${many} ${unit}s`;
}

const SECOND = ["second", 1] as const;
const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** The instant of a day and minute that a person typed in their own zone (`2026-11-26T14:03`); null where it is none. */
export function typedInstant(typed: string): string | null {
  const at = new Date(typed);
  return typed === "" || Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** The zone of what a person typed: summer may lie between. */
export function zoneOf(typed: string): string {
  const at = typedInstant(typed);
  return zoneName(at ? new Date(at) : new Date());
}

/** What a field for day and minute shows of an instant, in the reader's zone. */
export function fieldInstant(text: string): string {
  const at = new Date(text);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
