// Bodies of calls, and replies as they come.
import { describe, expect, it } from "vitest";
import { bodyOf, heard, numberOf, type Settings, SILENCE, type Turn, toolsOf } from "./chat";

const PLAIN: Settings = { model: "m", system: "", temperature: "", most: "", effort: "", tools: "", stream: true };
const HELLO: Turn = { role: "user", text: "Hello", images: [] };
const delta = (piece: object, finish: string | null = null) => ({ choices: [{ delta: piece, finish_reason: finish }] });

describe("the body of a call", () => {
  it("has what was typed and nothing else", () => {
    expect(bodyOf(PLAIN, [HELLO])).toEqual({
      model: "m",
      messages: [{ role: "user", content: "Hello" }],
      stream: true,
    });
    const all = { ...PLAIN, system: "Be brief.", temperature: "0.5", most: "100", effort: "low", tools: '[{"a":1}]' };
    expect(bodyOf({ ...all, stream: false }, [HELLO])).toEqual({
      model: "m",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
      ],
      temperature: 0.5,
      max_tokens: 100,
      reasoning_effort: "low",
      tools: [{ a: 1 }],
    });
  });

  it("has images, calls, their results and what the model thought", () => {
    const call = { id: "c1", name: "weather", args: '{"city":"Ulm"}' };
    const turns: Turn[] = [
      { role: "user", text: "What is it?", images: ["data:image/png;base64,AA=="] },
      { role: "assistant", reply: { ...SILENCE, calls: [call], details: [{ type: "reasoning.text", text: "hm" }] } },
      { role: "tool", id: "c1", name: "weather", text: "rain" },
    ];
    expect(bodyOf(PLAIN, turns).messages).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "What is it?" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
        ],
      },
      {
        role: "assistant",
        content: null,
        reasoning_details: [{ type: "reasoning.text", text: "hm" }],
        tool_calls: [{ id: "c1", type: "function", function: { name: "weather", arguments: '{"city":"Ulm"}' } }],
      },
      { role: "tool", tool_call_id: "c1", content: "rain" },
    ]);
  });

  it("has no reply that came to nothing", () => {
    const turns: Turn[] = [HELLO, { role: "assistant", reply: { ...SILENCE, thinking: "hm" } }, HELLO];
    expect((bodyOf(PLAIN, turns).messages as unknown[]).length).toBe(2);
  });

  it("is not made of what is no list and no number", () => {
    expect([toolsOf(""), toolsOf("{}"), toolsOf("[1"), toolsOf("[]")]).toEqual([[], null, null, []]);
    expect([numberOf("", 0, 2), numberOf("3", 0, 2), numberOf("x", 0, 2), numberOf("0", 0, 2)]).toEqual([
      undefined,
      null,
      null,
      0,
    ]);
  });
});

describe("a reply", () => {
  it("grows piece by piece", () => {
    const pieces = [
      delta({ role: "assistant", content: "" }),
      delta({ reasoning_content: "the ", reasoning_details: [{ type: "reasoning.text", text: "the ", index: 0 }] }),
      delta({ reasoning_content: "fox", reasoning_details: [{ type: "reasoning.text", text: "fox", index: 0 }] }),
      delta({ reasoning_details: [{ type: "reasoning.text", signature: "s", index: 0 }] }),
      delta({ content: "Hel" }),
      delta({ content: "lo" }),
      delta({ tool_calls: [{ index: 0, id: "c1", function: { name: "weather", arguments: '{"ci' } }] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: 'ty":1}' } }] }, "tool_calls"),
      { choices: [], usage: {} },
    ];
    expect(pieces.reduce(heard, SILENCE)).toEqual({
      thinking: "the fox",
      text: "Hello",
      calls: [{ id: "c1", name: "weather", args: '{"city":1}' }],
      details: [{ type: "reasoning.text", text: "the fox", signature: "s", index: 0 }],
      finish: "tool_calls",
    });
  });

  it("may come at once", () => {
    const tool_calls = [1, 2].map((n) => ({ id: `c${n}`, function: { name: "f", arguments: "{}" } }));
    const reply = heard(SILENCE, {
      choices: [{ message: { content: null, tool_calls }, finish_reason: "tool_calls" }],
    });
    expect(reply.calls.map(({ id }) => id)).toEqual(["c1", "c2"]);
  });
});
