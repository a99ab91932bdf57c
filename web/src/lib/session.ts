// Who is signed in. In: the management API. Out: the session, and what becomes of it. Never here: what a role may (lib/roles).

import { type QueryClient, queryOptions } from "@tanstack/react-query";
import type { components } from "#schema";
import { aboutQuery } from "./about";
import { api, keepCsrf, take } from "./api";
import { Fault } from "./fault";

/** A session as it is told to its user. */
export type Session = components["schemas"]["SessionOpened"];
/** A user. */
export type User = components["schemas"]["User"];

const KEY = ["session"];

/** The session of this browser; null where there is none. */
export const sessionQuery = queryOptions({
  queryKey: KEY,
  staleTime: 60_000,
  queryFn: async ({ client }): Promise<Session | null> => {
    // Who is not signed in is not asked who they are: browsers tell a 401 as a failure of the page.
    if (!(await client.fetchQuery(aboutQuery)).signed_in) return null;
    try {
      const session = await take(api.GET("/session"));
      keepCsrf(session.csrf_token);
      return session;
    } catch (thrown) {
      if (thrown instanceof Fault && thrown.status === 401) return null;
      throw thrown;
    }
  },
});

/** Takes over a session that was opened; what was known for another one is forgotten. */
export function enter(client: QueryClient, session: Session): void {
  keepCsrf(session.csrf_token);
  forget(client, session);
}

/** Takes over a session that took the place of the same user's: what is known stays. */
export function renew(client: QueryClient, session: Session): void {
  keepCsrf(session.csrf_token);
  client.setQueryData(sessionQuery.queryKey, session);
}

/** Forgets the session and all that was known through it. */
export function leave(client: QueryClient): void {
  keepCsrf("");
  forget(client, null);
}

function forget(client: QueryClient, session: Session | null): void {
  const kept = [KEY[0], aboutQuery.queryKey[0]];
  client.removeQueries({ predicate: (query) => !kept.includes(String(query.queryKey[0])) });
  client.setQueryData(aboutQuery.queryKey, (about) => about && { ...about, signed_in: session !== null });
  client.setQueryData(sessionQuery.queryKey, session);
}

/** Whether a sign-in is complete. */
export function isWhole(session: Session | null): session is Session {
  return session !== null && session.second_factor !== "needed";
}

/** Where to go after a sign-in: a path of this console, whatever the address says. */
export function safeNext(next: unknown): string {
  if (typeof next !== "string" || !next.startsWith("/") || next.startsWith("//") || next.includes("\\")) return "/";
  try {
    const url = new URL(next, "http://here.invalid");
    // Dots may have left two slashes at the front, which would be a host.
    const stays = url.host === "here.invalid" && !url.pathname.startsWith("//");
    return stays ? url.pathname + url.search + url.hash : "/";
  } catch {
    return "/";
  }
}
