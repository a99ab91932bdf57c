// Lines that are ready to paste, with a key in them. In: the gateway's addresses, a key, a model. Out: shell, .env. A name goes into
// a line only quoted. Never here: a key that is kept.
import { type About, baseUrl } from "./about";

/** A way to try a key. */
export interface Snippet {
  id: "openai" | "anthropic" | "key";
  label: string;
  text: string;
}

const HELLO = [{ role: "user", content: "Hello" }];

/** Calls by curl, for the languages that the gateway speaks; without a model there is only the one that asks about the key. */
export function snippets(about: About, key: string, model: string | null): Snippet[] {
  const openai = baseUrl(about, "openai");
  const anthropic = baseUrl(about, "anthropic");
  const account = baseUrl(about, "account");
  const out: Snippet[] = [];
  if (openai && model) {
    const body = { model, messages: HELLO };
    const head = [`Authorization: Bearer ${key}`, "Content-Type: application/json"];
    out.push({ id: "openai", label: "OpenAI", text: curl(`${openai}/chat/completions`, head, body) });
  }
  if (anthropic && model) {
    const body = { model, max_tokens: 100, messages: HELLO };
    const head = [`x-api-key: ${key}`, "anthropic-version: 2023-06-01", "Content-Type: application/json"];
    out.push({ id: "anthropic", label: "Anthropic", text: curl(`${anthropic}/messages`, head, body) });
  }
  if (account) {
    out.push({ id: "key", label: "Whose key is it?", text: curl(`${account}/key`, [`Authorization: Bearer ${key}`]) });
  }
  return out;
}

/** The environment that SDKs read. Those of Anthropic put /v1 behind the address themselves. */
export function dotenv(about: About, key: string): string {
  const openai = baseUrl(about, "openai");
  const anthropic = baseUrl(about, "anthropic");
  const lines = [
    ...(openai ? [`OPENAI_BASE_URL=${openai}`, `OPENAI_API_KEY=${key}`] : []),
    ...(anthropic ? [`ANTHROPIC_BASE_URL=${anthropic.replace(/\/v1$/, "")}`, `ANTHROPIC_AUTH_TOKEN=${key}`] : []),
    ...(openai || anthropic ? [] : [`TOLLGATE_API_KEY=${key}`]),
  ];
  return `${lines.join("\n")}\n`;
}

/** A text as one word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function curl(url: string, headers: readonly string[], body?: unknown): string {
  const rest = headers.map((header) => `-H ${quoted(header)}`);
  if (body !== undefined) rest.push(`-d ${quoted(JSON.stringify(body))}`);
  return [`curl ${quoted(url)}`, ...rest].join(" \\\n  ");
}
