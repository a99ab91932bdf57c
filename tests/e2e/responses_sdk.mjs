// The official Node SDK of OpenAI against a server that speaks Responses.
// In: a base URL (with /v1), a key, a model. Out: checks. Never here: Chat Completions, other dialects.

import { assert, collect, load, PNG_BASE64, raises, runAt } from "./harness.mjs";

const { OpenAI } = load("openai");
const client = (baseURL, apiKey) => new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 30_000 });
const user = (content) => [{ role: "user", content }];
const tool = {
  type: "function", name: "get_weather", description: "Tells the weather of a city.", strict: false,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const sealed = {
  store: false, include: ["reasoning.encrypted_content"], reasoning: { effort: "low", summary: "auto" },
};
/** The items after calls of tools: what the model said, and the results. */
const outputs = (answer, texts) => {
  const calls = answer.output.filter((item) => ["function_call", "custom_tool_call"].includes(item.type));
  return [
    ...answer.output,
    ...calls.map((call, index) => ({ type: `${call.type}_output`, call_id: call.call_id, output: texts[index] })),
  ];
};

const SCENARIOS = {
  async text(base, key, model) {
    const answer = await client(base, key).responses.create({ model, input: "hello 日本 🦊" });
    assert.equal(answer.output_text, "You said: hello 日本 🦊.");
    assert.equal(answer.usage.input_tokens, 5);
    assert.equal(answer.status, "completed");
  },

  async limit(base, key, model) {
    const request = { model, input: "go [[sim: tokens=50]]", max_output_tokens: 20 };
    const answer = await client(base, key).responses.create(request);
    assert.equal(answer.status, "incomplete");
    assert.equal(answer.incomplete_details.reason, "max_output_tokens");
    assert.equal(answer.usage.output_tokens, 20);
  },

  async stream(base, key, model) {
    const events = await collect(await client(base, key).responses.create({ model, input: "hi", stream: true }));
    assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, index) => index));
    const said = events.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta);
    assert.equal(said.join(""), "You said: hi.");
    assert.equal(events[0].type, "response.created");
    assert.equal(events.at(-1).type, "response.completed");
    assert.equal(events.at(-1).response.usage.output_tokens, 4);
  },

  async streamHelper(base, key, model) {
    const run = client(base, key).responses.stream({ model, input: "the weather?", tools: [tool] });
    const final = await run.finalResponse();
    const call = final.output.find((item) => item.type === "function_call");
    assert.deepEqual(JSON.parse(call.arguments), { city: "sim" });
  },

  async toolLoop(base, key, model) {
    const api = client(base, key).responses;
    const input = user("the weather? [[sim: call=get_weather,get_weather]]");
    const first = await api.create({ model, input, tools: [tool] });
    assert.equal(first.output.filter((item) => item.type === "function_call").length, 2);
    const second = await api.create({ model, input: [...input, ...outputs(first, ["11 C", "12 C"])], tools: [tool] });
    assert.equal(second.output_text, "The tool answered: 11 C. The tool answered: 12 C.");
  },

  async customTool(base, key, model) {
    const tools = [{ type: "custom", name: "patch" }];
    const input = user("the patch? [[sim: call=patch]]");
    const first = await client(base, key).responses.create({ model, input, tools });
    assert.equal(first.output.find((item) => item.type === "custom_tool_call").input, "sim");
    const more = { model, input: [...input, ...outputs(first, ["done"])], tools };
    assert.equal((await client(base, key).responses.create(more)).output_text, "The tool answered: done.");
  },

  async structured(base, key, model) {
    const schema = {
      type: "object", properties: { title: { type: "string" }, days: { type: "integer" } },
      required: ["title", "days"], additionalProperties: false,
    };
    const format = { type: "json_schema", name: "plan", schema, strict: true };
    const answer = await client(base, key).responses.parse({ model, input: "plan", text: { format } });
    assert.deepEqual(answer.output_parsed, { title: "sim", days: 1 });
  },

  async reasoning(base, key, model) {
    const input = user("the weather?");
    const first = await client(base, key).responses.create({ model, input, tools: [tool], ...sealed });
    assert.equal(first.output[0].type, "reasoning");
    assert.ok(first.output[0].encrypted_content && first.output[0].summary[0].text);
    assert.ok(first.usage.output_tokens_details.reasoning_tokens > 0);
    const more = { model, input: [...input, ...outputs(first, ["12 C"])], tools: [tool], ...sealed };
    assert.equal((await client(base, key).responses.create(more)).output_text, "The tool answered: 12 C.");
  },

  async image(base, key, model) {
    const part = { type: "input_image", image_url: `data:image/png;base64,${PNG_BASE64}`, detail: "auto" };
    const input = user([{ type: "input_text", text: "look" }, part]);
    const answer = await client(base, key).responses.create({ model, input });
    assert.match(answer.output_text, /I was given: image image\/png of 70 bytes/);
  },

  async count(base, key, model) {
    const counted = await client(base, key).responses.inputTokens.count({ model, input: "hello" });
    assert.equal(counted.input_tokens, 2);
  },

  async errors(base, key, model) {
    const ask = (more, api = client(base, key)) => () => api.responses.create({ model, input: "hi", ...more });
    await raises(OpenAI.AuthenticationError, 401, ask({}, client(base, "sk-wrong")));
    await raises(OpenAI.NotFoundError, 404, ask({ model: "nobody-has-this" }));
    await raises(OpenAI.BadRequestError, 400, ask({ stop: ["x"] }));
    await raises(OpenAI.BadRequestError, 400, ask({ input: [{ type: "robot" }] }));
    const lone = { type: "function_call_output", call_id: "call_9", output: "x" };
    await raises(OpenAI.BadRequestError, 400, ask({ input: [lone] }));
  },

  async failed(base, key, model) {
    const request = { model, input: "hi [[sim: tokens=60 error_event_after=3]]", stream: true };
    const seen = [];
    try {
      for await (const event of await client(base, key).responses.create(request)) seen.push(event.type);
    } catch (why) {
      // A gateway asks the next provider as long as nothing was shown.
      const begun = seen.length > 0 || process.env.TOLLGATE_TARGET === "gateway";
      assert.ok(why instanceof OpenAI.APIError && begun, String(why));
      return;
    }
    assert.ok(["response.failed", "error"].includes(seen.at(-1)), seen.at(-1));
  },
};

await runAt({ SCENARIOS });
