// The official Node SDK of OpenAI against a server that speaks its language.
// In: TOLLGATE_BASE_URL (with /v1), TOLLGATE_API_KEY, TOLLGATE_MODELS. Out: checks. Never here: other dialects.

import { assert, breaksOff, collect, key, load, PNG_BASE64, raises, run } from "./harness.mjs";

const { OpenAI } = load("openai");
const client = (more = {}) =>
  new OpenAI({ baseURL: process.env.TOLLGATE_BASE_URL, apiKey: key, maxRetries: 0, timeout: 30_000, ...more });
const user = (content) => [{ role: "user", content }];
const tool = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Tells the weather of a city.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

const scenarios = {
  async chat(model) {
    const answer = await client().chat.completions.create({ model, messages: user("hello 日本 🦊"), max_tokens: 100 });
    assert.equal(answer.choices[0].message.content, "You said: hello 日本 🦊.");
    assert.equal(answer.usage.prompt_tokens, 5);
  },

  async stream(model) {
    const events = await collect(
      await client().chat.completions.create({
        model, messages: user("hi"), max_tokens: 50, stream: true, stream_options: { include_usage: true },
      }),
    );
    const text = events.map((event) => event.choices[0]?.delta?.content ?? "").join("");
    assert.equal(text, "You said: hi.");
    assert.equal(events.at(-1).usage.completion_tokens, 4);
  },

  async streamHelper(model) {
    const final = await client()
      .chat.completions.stream({ model, messages: user("the weather?"), tools: [tool], max_tokens: 500 })
      .finalChatCompletion();
    assert.equal(final.choices[0].finish_reason, "tool_calls");
    assert.deepEqual(JSON.parse(final.choices[0].message.tool_calls[0].function.arguments), { city: "sim" });
  },

  async toolLoop(model) {
    const runner = client().chat.completions.runTools({
      model, messages: user("the weather?"), max_tokens: 500,
      tools: [{ ...tool, function: { ...tool.function, parse: JSON.parse, function: ({ city }) => `12 C in ${city}` } }],
    });
    assert.equal(await runner.finalContent(), "The tool answered: 12 C in sim.");
  },

  async streamedToolLoop(model) {
    const runner = client().chat.completions.runTools({
      model, messages: user("the weather?"), max_tokens: 500, stream: true,
      tools: [{ ...tool, function: { ...tool.function, parse: JSON.parse, function: ({ city }) => `12 C in ${city}` } }],
    });
    assert.equal(await runner.finalContent(), "The tool answered: 12 C in sim.");
  },

  async image(model) {
    const url = `data:image/png;base64,${PNG_BASE64}`;
    const content = [{ type: "text", text: "look" }, { type: "image_url", image_url: { url } }];
    const answer = await client().chat.completions.create({ model, messages: user(content), max_tokens: 100 });
    assert.match(answer.choices[0].message.content, /I was given: image image\/png of 70 bytes/);
  },

  async structured(model) {
    const schema = {
      type: "object", properties: { title: { type: "string" }, days: { type: "integer" } },
      required: ["title", "days"], additionalProperties: false,
    };
    const answer = await client().chat.completions.parse({
      model, messages: user("plan"), max_tokens: 200,
      response_format: { type: "json_schema", json_schema: { name: "plan", schema, strict: true } },
    });
    assert.deepEqual(answer.choices[0].message.parsed, { title: "sim", days: 1 });
  },

  async thinking(model) {
    const request = { model, messages: user("hi"), reasoning_effort: "low", max_completion_tokens: 4000 };
    const answer = await client().chat.completions.create(request);
    assert.ok(answer.usage.completion_tokens_details.reasoning_tokens > 0);
  },

  async errors(model) {
    const ask = (more, api = client()) => () =>
      api.chat.completions.create({ model, messages: user("hi"), max_tokens: 50, ...more });
    const poor = process.env.TOLLGATE_POOR_KEY;
    if (poor) await raises(OpenAI.APIError, 402, ask({}, client({ apiKey: poor })));
    await raises(OpenAI.AuthenticationError, 401, ask({}, client({ apiKey: "sk-wrong" })));
    await raises(OpenAI.NotFoundError, 404, ask({ model: "nobody-has-this" }));
    await raises(OpenAI.BadRequestError, 400, ask({ messages: [] }));
    await raises(OpenAI.BadRequestError, 400, ask({ messages: [{ role: "robot", content: "x" }] }));
  },

  async cut(model) {
    const request = { model, messages: user("hi [[sim: tokens=60 cut_after=5]]"), max_tokens: 100, stream: true };
    await breaksOff(OpenAI.APIError, () => client().chat.completions.create(request));
  },
};

await run("openai", scenarios);
