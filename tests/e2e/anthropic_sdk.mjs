// The official Node SDK of Anthropic against a server that speaks its language.
// In: TOLLGATE_ANTHROPIC_BASE_URL (without /v1), TOLLGATE_API_KEY, TOLLGATE_MODELS. Out: checks.
// Never here: other dialects.

import { assert, breaksOff, collect, key, load, raises, run } from "./harness.mjs";

const { Anthropic } = load("@anthropic-ai/sdk");
const client = (more = {}) =>
  new Anthropic({ baseURL: process.env.TOLLGATE_ANTHROPIC_BASE_URL, apiKey: key, maxRetries: 0, timeout: 30_000, ...more });
const user = (content) => [{ role: "user", content }];
const tool = {
  name: "get_weather",
  description: "Tells the weather of a city.",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const textOf = (message) => message.content.filter((block) => block.type === "text").map((block) => block.text).join("");

const scenarios = {
  async chat(model) {
    const answer = await client().messages.create({ model, max_tokens: 100, messages: user("hello 日本 🦊") });
    assert.equal(textOf(answer), "You said: hello 日本 🦊.");
    assert.equal(answer.usage.input_tokens, 5);
    const bearer = client({ apiKey: null, authToken: key });
    assert.equal((await bearer.messages.create({ model, max_tokens: 10, messages: user("hi") })).usage.input_tokens, 1);
  },

  async stream(model) {
    const final = await client().messages.stream({ model, max_tokens: 50, messages: user("hi") }).finalMessage();
    assert.equal(textOf(final), "You said: hi.");
    assert.equal(final.usage.output_tokens, 4);
    const events = await collect(await client().messages.create({ model, max_tokens: 50, messages: user("hi"), stream: true }));
    assert.equal(events[0].type, "message_start");
    assert.equal(events.at(-1).type, "message_stop");
  },

  async toolLoop(model) {
    const messages = user("the weather? [[sim: call=get_weather,get_weather]]");
    const first = await client().messages.stream({ model, max_tokens: 500, messages, tools: [tool] }).finalMessage();
    const calls = first.content.filter((block) => block.type === "tool_use");
    assert.equal(first.stop_reason, "tool_use");
    assert.equal(calls.length, 2);
    assert.deepEqual(calls[0].input, { city: "sim" });
    const results = calls.map((call, n) => ({ type: "tool_result", tool_use_id: call.id, content: `${n + 11} C` }));
    const turns = [{ role: "assistant", content: first.content }, { role: "user", content: results }];
    const second = await client().messages.create({ model, max_tokens: 500, messages: [...messages, ...turns], tools: [tool] });
    assert.equal(textOf(second), "The tool answered: 11 C. The tool answered: 12 C.");
  },

  async image(model) {
    const data = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    const content = [{ type: "image", source: { type: "base64", media_type: "image/png", data } }, { type: "text", text: "look" }];
    const answer = await client().messages.create({ model, max_tokens: 100, messages: user(content) });
    assert.match(textOf(answer), /I was given: image image\/png of 70 bytes/);
  },

  async structured(model) {
    const schema = {
      type: "object", properties: { title: { type: "string" }, days: { type: "integer" } },
      required: ["title", "days"], additionalProperties: false,
    };
    const answer = await client().messages.create({
      model, max_tokens: 200, messages: user("plan"), output_config: { format: { type: "json_schema", schema } },
    });
    assert.deepEqual(JSON.parse(textOf(answer)), { title: "sim", days: 1 });
  },

  async thinking(model) {
    const settings = { model, max_tokens: 4000, tools: [tool], thinking: { type: "enabled", budget_tokens: 2000 } };
    const first = await client().messages.stream({ ...settings, messages: user("the weather?") }).finalMessage();
    const call = first.content.at(-1);
    assert.equal(call.type, "tool_use");
    if (model.includes("anthropic")) assert.ok(first.content[0].signature);
    const result = { type: "tool_result", tool_use_id: call.id, content: "12 C" };
    const turns = [{ role: "assistant", content: first.content }, { role: "user", content: [result] }];
    const second = await client().messages.create({ ...settings, messages: [...user("the weather?"), ...turns] });
    assert.equal(textOf(second), "The tool answered: 12 C.");
  },

  async errors(model) {
    const ask = (more, api = client()) => () =>
      api.messages.create({ model, messages: user("hi"), max_tokens: 50, ...more });
    const poor = process.env.TOLLGATE_POOR_KEY;
    if (poor) await raises(Anthropic.PaymentRequiredError, 402, ask({}, client({ apiKey: poor })));
    await raises(Anthropic.AuthenticationError, 401, ask({}, client({ apiKey: "sk-wrong" })));
    await raises(Anthropic.NotFoundError, 404, ask({ model: "nobody-has-this" }));
    await raises(Anthropic.BadRequestError, 400, ask({ messages: [] }));
    await raises(Anthropic.BadRequestError, 400, ask({ messages: [{ role: "robot", content: "x" }] }));
  },

  async cut(model) {
    const request = { model, messages: user("hi [[sim: tokens=60 cut_after=5]]"), max_tokens: 100, stream: true };
    await breaksOff(Anthropic.APIError, () => client().messages.create(request));
  },
};

await run("anthropic", scenarios);
