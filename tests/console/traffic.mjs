// Calls of every kind that leaves a row: endpoints, streams, caches, thinking, sessions, and every ending. In: a gateway, a key. Out: calls
// through the public API, as programs make them. Never here: a browser, a check.

const STORY = "Write a short story about a toll gate.";
const AGENT = "claude-cli/2.1.197 (external, cli)";
const SDK = "OpenAI/Python 3.51.0";
const SESSION = "0b7c2f6e-4a43-4be0-9c52-9a7d1f2e6c11";

/** Kinds of calls, in the order in which they are made. */
const KINDS = [
  chat("sim-openai", "Say what a gateway is.", { agent: SDK }),
  chat("sim-anthropic", STORY, { agent: SDK, body: { stream: true, stream_options: { include_usage: true } } }),
  messages("sim-anthropic", "Look into the repository and mend the test. [[sim: tokens=420 think=120 cached=900]]", { session: SESSION }),
  messages("sim-anthropic", "Go on. [[sim: tokens=260 think=80 cached=1400]]", { session: SESSION, body: { stream: true } }),
  responses("sim-openai", "Which errors may be tried again? [[sim: tokens=350 think=140 cached=512]]", { agent: "codex_exec/0.169.0" }),
  chat("sim-openai", `${STORY} [[sim: tokens=180]]`, { agent: "curl/8.5.0", body: { stream: true } }),
  chat("no-such-model", STORY, { agent: "curl/8.5.0" }),
  chat("sim-openai", "[[sim: status=400 message=\"the tools are wrong\"]]", { agent: SDK }),
  chat("sim-openai", "[[sim: status=503]]", { agent: SDK }),
  chat("sim-openai", `${STORY} [[sim: tokens=200 cut_after=3 pace_ms=5]]`, { agent: SDK, body: { stream: true } }),
];

function chat(model, content, { agent, session, body = {} }) {
  return { path: "/v1/chat/completions", agent, session, body: { model, max_tokens: 600, messages: [{ role: "user", content }], ...body } };
}

function messages(model, content, { agent = AGENT, session, body = {} }) {
  return { path: "/v1/messages", agent, session, body: { model, max_tokens: 2000, messages: [{ role: "user", content }], ...body } };
}

function responses(model, input, { agent, session, body = {} }) {
  return { path: "/v1/responses", agent, session, body: { model, max_output_tokens: 600, input, ...body } };
}

/** Makes one call and reads it to its end; its request id. A connection that breaks is an end too. */
export async function send(gateway, key, { path, agent, session, body }) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "user-agent": agent ?? "node" };
  if (session) headers["x-claude-code-session-id"] = session;
  const answer = await fetch(`${gateway.origin}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await answer.text().catch(() => "");
  return { id: answer.headers.get("x-request-id"), status: answer.status, text, ended: Date.now() };
}

/** The places of calls that pages are about. */
export const OF_SESSION = 2;
export const FAILED = 8;

/** Makes so many calls, one kind after the other; their request ids. */
export async function traffic(gateway, key, many = KINDS.length, first = 0) {
  const ids = [];
  for (let n = first; n < first + many; n += 1) ids.push((await send(gateway, key, KINDS[n % KINDS.length])).id);
  return ids;
}
