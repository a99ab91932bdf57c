// The official Node SDK of Google (@google/genai) against a server that speaks Gemini.
// In: a base URL (without the version), a key, a model. Out: checks. Never here: other dialects.

import { assert, collect, load, PNG_BASE64, runAt } from "./harness.mjs";

const { GoogleGenAI, ApiError } = load("@google/genai");
const client = (baseUrl, apiKey) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl, timeout: 30_000 } }).models;
const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [
  { functionDeclarations: [{ name: "get_weather", description: "Tells it.", parametersJsonSchema: schema }] },
];
const user = (text) => [{ role: "user", parts: [{ text }] }];
/** The contents after calls of tools: what the model said, and one content with every result. */
const results = (answer, texts) => [
  answer.candidates[0].content,
  {
    role: "user",
    parts: answer.functionCalls.map(({ id, name }, index) => ({
      functionResponse: { id, name, response: { output: texts[index] } },
    })),
  },
];
async function refuses(status, action) {
  try {
    await action();
  } catch (why) {
    assert.ok(why instanceof ApiError, String(why));
    assert.equal(why.status, status, String(why));
    assert.ok(!String(why).includes("sim-upstream"), `an upstream's words reached the client: ${why}`);
    return;
  }
  assert.fail(`expected ${status}`);
}

async function toolLoop(base, key, model) {
  const contents = user("the weather? [[sim: call=get_weather,get_weather]]");
  const first = await client(base, key).generateContent({ model, contents, config: { tools } });
  assert.deepEqual(first.functionCalls.map((call) => call.args), [{ city: "sim" }, { city: "sim" }]);
  const more = [...contents, ...results(first, ["11 C", "12 C"])];
  const second = await client(base, key).generateContent({ model, contents: more, config: { tools } });
  assert.equal(second.text, "The tool answered: 11 C. The tool answered: 12 C.");
}

const SCENARIOS = {
  async text(base, key, model) {
    const answer = await client(base, key).generateContent({ model, contents: "hello 日本 🦊" });
    assert.equal(answer.text, "You said: hello 日本 🦊.");
    assert.equal(answer.candidates[0].finishReason, "STOP");
    assert.equal(answer.usageMetadata.promptTokenCount, 5);
  },

  async stream(base, key, model) {
    const stream = await client(base, key).generateContentStream({ model, contents: "hi [[sim: tokens=50]]" });
    const chunks = await collect(stream);
    assert.ok(chunks.length > 2);
    assert.equal(chunks.map((chunk) => chunk.text ?? "").join("").length, 200);
    assert.equal(chunks.at(-1).usageMetadata.candidatesTokenCount, 50);
  },

  toolLoop,

  async structured(base, key, model) {
    const responseJsonSchema = {
      type: "object", properties: { title: { type: "string" }, days: { type: "integer" } }, required: ["title", "days"],
    };
    const config = { responseMimeType: "application/json", responseJsonSchema };
    const answer = await client(base, key).generateContent({ model, contents: "plan", config });
    assert.deepEqual(JSON.parse(answer.text), { title: "sim", days: 1 });
  },

  async thoughts(base, key, model) {
    const config = { tools, thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } };
    const contents = user("the weather?");
    const first = await client(base, key).generateContent({ model, contents, config });
    const { parts } = first.candidates[0].content;
    assert.ok(parts[0].thought && parts[1].thoughtSignature);
    assert.ok(first.usageMetadata.thoughtsTokenCount > 0);
    const more = [...contents, ...results(first, ["12 C"])];
    const second = await client(base, key).generateContent({ model, contents: more, config });
    assert.equal(second.text, "The tool answered: 12 C.");
  },

  async image(base, key, model) {
    const contents = [{ text: "look" }, { inlineData: { mimeType: "image/png", data: PNG_BASE64 } }];
    const answer = await client(base, key).generateContent({ model, contents });
    assert.match(answer.text, /I was given: image image\/png of 70 bytes/);
  },

  async count(base, key, model) {
    const counted = await client(base, key).countTokens({ model, contents: "hello there" });
    assert.equal(counted.totalTokens, 3);
  },

  async blocked(base, key, model) {
    const answer = await client(base, key).generateContent({ model, contents: "x [[sim: block=SAFETY]]" });
    assert.equal(answer.promptFeedback.blockReason, "SAFETY");
  },

  async errors(base, key, model) {
    const ask = (more) => () => client(base, key).generateContent({ model, contents: "hi", ...more });
    await refuses(404, ask({ model: "nobody-has-this" }));
    const alone = [{ role: "user", parts: [{ functionResponse: { name: "f", response: {} } }] }];
    await refuses(400, ask({ contents: alone }));
  },

  async told(base, key, model) {
    const contents = "hi [[sim: tokens=60 error_event_after=3]]";
    try {
      await collect(await client(base, key).generateContentStream({ model, contents }));
    } catch (why) {
      assert.ok(why instanceof ApiError && why.status >= 500, String(why));
      return;
    }
    assert.fail("a failed stream ended like a whole one");
  },
};

const SIGNED = {
  toolLoop,

  async signed(base, key, model) {
    const contents = user("the weather?");
    const first = await client(base, key).generateContent({ model, contents, config: { tools } });
    const more = [...contents, ...results(first, ["12 C"])];
    const second = await client(base, key).generateContent({ model, contents: more, config: { tools } });
    assert.equal(second.text, "The tool answered: 12 C.");
    delete more[1].parts[0].thoughtSignature;
    await refuses(400, () => client(base, key).generateContent({ model, contents: more, config: { tools } }));
  },
};

const EMBEDDINGS = {
  async embedding(base, key, model) {
    const config = { outputDimensionality: 8 };
    const request = { model, contents: [...user("hello"), ...user("world")], config };
    const answer = await client(base, key).embedContent(request);
    assert.deepEqual(answer.embeddings.map((one) => one.values.length), [8, 8]);
  },
};

await runAt({ SCENARIOS, SIGNED, EMBEDDINGS });
