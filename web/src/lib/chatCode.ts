// The same call as code, for three languages. In: the address, a body. Out: text. Never here: a key; there is a name in its place.
import { quoted } from "./snippets";

/** The languages. */
export const LANGUAGES = ["curl", "python", "node"] as const;
/** One of them. */
export type Language = (typeof LANGUAGES)[number];

const INDENT = 2;
/** What stands in the place of a picture: its text would be longer than all else. */
const IMAGE = "data:image/png;base64,YOUR_IMAGE";

/** A call of Chat Completions below `base`. */
export function codeOf(language: Language, base: string, body: Record<string, unknown>): string {
  const plain: Record<string, unknown> = JSON.parse(JSON.stringify(body, withoutImages));
  if (language === "curl") return curl(base, plain);
  return language === "python" ? python(base, plain) : node(base, plain);
}

function withoutImages(name: string, value: unknown): unknown {
  return name === "url" && typeof value === "string" && value.startsWith("data:") ? IMAGE : value;
}

function curl(base: string, body: unknown): string {
  return [
    `curl ${quoted(`${base}/chat/completions`)}`,
    '-H "Authorization: Bearer $TOLLGATE_API_KEY"',
    "-H 'Content-Type: application/json'",
    `-d ${quoted(JSON.stringify(body, null, INDENT))}`,
  ].join(" \\\n  ");
}

function python(base: string, body: Record<string, unknown>): string {
  const { stream, reasoning_effort, ...rest } = body;
  const fields = Object.entries({ ...rest, ...(reasoning_effort ? { reasoning_effort } : {}) });
  const lines = fields.map(([name, value]) => `    ${name}=${literal(value, 1)},`);
  const head = [
    "import os",
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url=${JSON.stringify(base)}, api_key=os.environ["TOLLGATE_API_KEY"])`,
  ];
  if (!stream) {
    const call = ["answer = client.chat.completions.create(", ...lines, ")"];
    return [...head, ...call, "print(answer.choices[0].message.content)"].join("\n");
  }
  const call = ["stream = client.chat.completions.create(", ...lines, "    stream=True,", ")"];
  const read = [
    "for chunk in stream:",
    "    if chunk.choices and chunk.choices[0].delta.content:",
    '        print(chunk.choices[0].delta.content, end="", flush=True)',
  ];
  return [...head, ...call, ...read].join("\n");
}

/** A value as Python writes it: JSON but for three words. */
function literal(value: unknown, depth: number): string {
  const pad = "    ".repeat(depth);
  const block = (open: string, close: string, items: string[]) =>
    items.length === 0
      ? open + close
      : `${open}\n${items.map((item) => `${pad}    ${item},`).join("\n")}\n${pad}${close}`;
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value))
    return block(
      "[",
      "]",
      value.map((item) => literal(item, depth + 1)),
    );
  if (typeof value === "object") {
    const items = Object.entries(value ?? {}).map(
      ([name, one]) => `${JSON.stringify(name)}: ${literal(one, depth + 1)}`,
    );
    return block("{", "}", items);
  }
  return JSON.stringify(value);
}

function node(base: string, body: Record<string, unknown>): string {
  const head = [
    'import OpenAI from "openai";',
    "",
    `const client = new OpenAI({ baseURL: ${JSON.stringify(base)}, apiKey: process.env.TOLLGATE_API_KEY });`,
  ];
  const call = `await client.chat.completions.create(${JSON.stringify(body, null, INDENT)});`;
  if (body.stream !== true) {
    return [...head, `const answer = ${call}`, "console.log(answer.choices[0].message.content);"].join("\n");
  }
  const read = [
    "for await (const chunk of stream) {",
    '  process.stdout.write(chunk.choices[0]?.delta.content ?? "");',
    "}",
  ];
  return [...head, `const stream = ${call}`, ...read].join("\n");
}
