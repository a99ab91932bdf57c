// A talk with a model as Chat Completions has it. In: settings, turns, what the model sends. Out: bodies, replies. Never here: the network, a
// widget.

/** What is asked for besides the talk; everything is text as it was typed, and what is empty is not sent. */
export interface Settings {
  model: string;
  system: string;
  temperature: string;
  most: string;
  effort: string;
  tools: string;
  stream: boolean;
}

/** What the model wants to be done. */
export interface Call {
  id: string;
  name: string;
  args: string;
}

/** What a model said. */
export interface Reply {
  thinking: string;
  text: string;
  calls: readonly Call[];
  /** What it must be shown again to go on thinking. */
  details: readonly Detail[];
  /** Why it ended. */
  finish: string | null;
}

/** A turn of the talk. */
export type Turn =
  | { role: "user"; text: string; images: readonly string[] }
  | { role: "assistant"; reply: Reply }
  | { role: "tool"; id: string; name: string; text: string };

/** Nothing yet. */
export const SILENCE: Reply = { thinking: "", text: "", calls: [], details: [], finish: null };

type Detail = Record<string, unknown>;

interface CallPiece {
  index?: number;
  id?: string;
  function?: { name?: string; arguments?: string };
}

interface Piece {
  content?: string | null;
  refusal?: string | null;
  reasoning_content?: string | null;
  reasoning_details?: Detail[];
  tool_calls?: CallPiece[];
}

/** The tools of a text of JSON; none where it is empty, null where it is no list. */
export function toolsOf(text: string): unknown[] | null {
  if (text.trim() === "") return [];
  try {
    const tools: unknown = JSON.parse(text);
    return Array.isArray(tools) ? tools : null;
  } catch {
    return null;
  }
}

/** A number that was typed, within bounds; null where it is none. An empty text is undefined: it is left to the model. */
export function numberOf(text: string, least: number, most: number): number | null | undefined {
  if (text.trim() === "") return undefined;
  const value = Number(text);
  return Number.isFinite(value) && value >= least && value <= most ? value : null;
}

/** The body of a call. */
export function bodyOf(settings: Settings, turns: readonly Turn[]): Record<string, unknown> {
  const { model, system, temperature, most, effort, tools, stream } = settings;
  const [warmth, limit, all] = [numberOf(temperature, 0, 2), numberOf(most, 1, 1e9), toolsOf(tools)];
  return {
    model,
    messages: [...(system.trim() ? [{ role: "system", content: system }] : []), ...turns.filter(says).map(messageOf)],
    ...(warmth == null ? {} : { temperature: warmth }),
    ...(limit == null ? {} : { max_tokens: limit }),
    ...(effort ? { reasoning_effort: effort } : {}),
    ...(all && all.length > 0 ? { tools: all } : {}),
    ...(stream ? { stream: true } : {}),
  };
}

/** A reply that came to nothing is no turn for the model. */
function says(turn: Turn): boolean {
  return turn.role !== "assistant" || turn.reply.text !== "" || turn.reply.calls.length > 0;
}

function messageOf(turn: Turn): Record<string, unknown> {
  if (turn.role === "tool") return { role: "tool", tool_call_id: turn.id, content: turn.text };
  if (turn.role === "user") {
    const images = turn.images.map((url) => ({ type: "image_url", image_url: { url } }));
    return { role: "user", content: images.length > 0 ? [{ type: "text", text: turn.text }, ...images] : turn.text };
  }
  const { text, calls, details } = turn.reply;
  const made = calls.map(({ id, name, args }) => ({ id, type: "function", function: { name, arguments: args } }));
  return {
    role: "assistant",
    content: text || null,
    ...(details.length > 0 ? { reasoning_details: details } : {}),
    ...(made.length > 0 ? { tool_calls: made } : {}),
  };
}

/** A reply with one more piece of a stream, or with a whole answer: both have the same fields. */
export function heard(reply: Reply, answer: unknown): Reply {
  const choice = (answer as { choices?: { delta?: Piece; message?: Piece; finish_reason?: string | null }[] })
    .choices?.[0];
  const piece = choice?.delta ?? choice?.message;
  if (!choice || !piece) return reply;
  return {
    thinking: reply.thinking + (piece.reasoning_content ?? ""),
    text: reply.text + (piece.content ?? "") + (piece.refusal ?? ""),
    calls: (piece.tool_calls ?? []).reduce(withCall, reply.calls),
    details: (piece.reasoning_details ?? []).reduce(withDetail, reply.details),
    finish: choice.finish_reason ?? reply.finish,
  };
}

/** Pieces of a call go by its index; a whole answer has none and tells each once. */
function withCall(calls: readonly Call[], piece: CallPiece): readonly Call[] {
  const at = piece.index ?? calls.length;
  const known = calls[at] ?? { id: "", name: "", args: "" };
  const call = {
    id: known.id || (piece.id ?? ""),
    name: known.name || (piece.function?.name ?? ""),
    args: known.args + (piece.function?.arguments ?? ""),
  };
  return [...calls.slice(0, at), call, ...calls.slice(at + 1)];
}

/** Texts of one detail are joined, whatever else it tells is kept. */
function withDetail(details: readonly Detail[], piece: Detail): readonly Detail[] {
  const at = details.findIndex((known) => known.index === piece.index && known.type === piece.type);
  const known = details[at];
  if (!known) return [...details, piece];
  const joined: Detail = { ...known, ...piece };
  for (const name of ["text", "summary", "data"]) {
    const [before, after] = [known[name], piece[name]];
    if (typeof before === "string") joined[name] = before + (typeof after === "string" ? after : "");
  }
  return [...details.slice(0, at), joined, ...details.slice(at + 1)];
}
