// The one way to the management API: typed by its document, with the token that changes need. In: calls. Out: answers, or
// Faults. What becomes of the connection and the session is told to whoever listens. Never here: what a page does with it.

import createClient from "openapi-fetch";
import type { paths } from "#schema";
import { type Fault, faultOf, lost } from "./fault";
import { lookedAt } from "./look";

const BASE = "/api/manage";
const SAFE = ["GET", "HEAD", "OPTIONS"];
/** Random bytes of an Idempotency-Key. */
const KEY_BYTES = 16;

let csrf = "";
const listeners = new Set<(news: News) => void>();

/** What calls learn beside their answers. */
export type News = "answered" | "no-answer" | "signed-out";

/** Hears what calls learn; the result ends it. */
export function onNews(listener: (news: News) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Takes the token of the session that was told last. */
export function keepCsrf(token: string): void {
  csrf = token;
}

/** A key for one thing that is to be made, however often the call is sent (docs/MANAGE.md). */
export function idempotencyKey(): string {
  // crypto.randomUUID is not there on plain http.
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Calls, typed by docs/openapi-manage.json. The fetch is looked up at each call, so that tests can stand in for it. */
export const api = createClient<paths>({
  baseUrl: new URL(BASE, location.origin).href,
  fetch: (request) => send(request),
});

/** The body of an answer. */
export async function take<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  if (data === undefined) throw lost();
  return data;
}

async function send(request: Request): Promise<Response> {
  if (SAFE.includes(request.method)) return told(await exchange(request));
  const again = request.clone();
  const first = await exchange(signed(request));
  const fault = first.ok ? null : await faultOf(first);
  if (!fault) return told(first);
  // Another tab has signed in since: its token is ours too.
  if (fault.code === "csrf" && (await renewed())) return told(await exchange(signed(again)));
  throw heard(fault);
}

/** Sends it as it is; no answer at all is a fault. */
async function exchange(request: Request): Promise<Response> {
  try {
    const response = await globalThis.fetch(request);
    tell("answered");
    return response;
  } catch (thrown) {
    if (request.signal.aborted) throw thrown;
    tell("no-answer");
    throw lost();
  }
}

async function told(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw heard(await faultOf(response));
}

function heard(fault: Fault): Fault {
  if (fault.isSignedOut) tell("signed-out");
  return fault;
}

function signed(request: Request): Request {
  request.headers.set("x-csrf-token", csrf);
  // Who only looks at a workspace is refused every change of one, whatever a page offers.
  const isOfOne = request.url.includes("/workspaces/") && !request.url.endsWith("/look");
  if (lookedAt() !== null && isOfOne) request.headers.set("x-tollgate-look", "read-only");
  return request;
}

async function renewed(): Promise<boolean> {
  const before = csrf;
  const response = await exchange(new Request(new URL(`${BASE}/session`, location.origin)));
  if (!response.ok) return false;
  const body: { csrf_token?: string } = await response.json();
  csrf = body.csrf_token ?? "";
  return csrf !== before;
}

function tell(news: News): void {
  for (const listener of listeners) listener(news);
}
