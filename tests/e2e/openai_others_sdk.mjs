// The official Node SDK of OpenAI against a server that completes, embeds and paints.
// In: a base URL (with /v1), a key, a model. Out: checks. Never here: conversations.

import { assert, collect, load, PNG_BASE64, raises, runAt } from "./harness.mjs";

const { OpenAI, toFile } = load("openai");
const client = (baseURL, apiKey) => new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 30_000 });
const isPng = (base64) => Buffer.from(base64, "base64").subarray(1, 4).toString() === "PNG";

const COMPLETIONS = {
  async completion(base, key, model) {
    const answer = await client(base, key).completions.create({ model, prompt: "hello", max_tokens: 50 });
    assert.equal(answer.choices[0].text, "You said: hello.");
    assert.equal(answer.usage.prompt_tokens, 2);
  },

  async completionStream(base, key, model) {
    const request = {
      model, prompt: ["a", "b"], max_tokens: 50, stream: true, stream_options: { include_usage: true },
    };
    const events = await collect(await client(base, key).completions.create(request));
    const said = (index) => events.flatMap((event) => event.choices).filter((choice) => choice.index === index);
    assert.equal(said(1).map((choice) => choice.text).join(""), "You said: b.");
    assert.equal(events.at(-1).usage.completion_tokens, 6);
  },

  async completionErrors(base, key, model) {
    const ask = (more) => () => client(base, key).completions.create({ model, prompt: "hi", ...more });
    await raises(OpenAI.NotFoundError, 404, ask({ model: "nobody-has-this" }));
    await raises(OpenAI.BadRequestError, 400, ask({ prompt: [{}] }));
  },
};

const EMBEDDINGS = {
  async embedding(base, key, model) {
    const api = client(base, key).embeddings;
    const answer = await api.create({ model, input: ["hello", "world"], dimensions: 8 });
    assert.equal(answer.data.length, 2);
    assert.equal(answer.usage.prompt_tokens, 3);
    const plain = await api.create({ model, input: "hello", dimensions: 8, encoding_format: "float" });
    const near = plain.data[0].embedding.every((x, index) => Math.abs(x - answer.data[0].embedding[index]) < 1e-6);
    assert.ok(near && plain.data[0].embedding.length === 8);
  },

  async embeddingErrors(base, key, model) {
    const ask = (more) => () => client(base, key).embeddings.create({ model, input: "hi", ...more });
    await raises(OpenAI.NotFoundError, 404, ask({ model: "nobody-has-this" }));
    await raises(OpenAI.BadRequestError, 400, ask({ input: "" }));
  },
};

const IMAGES = {
  async picture(base, key, model) {
    const answer = await client(base, key).images.generate({ model, prompt: "a fox", n: 2 });
    assert.ok(answer.data.length === 2 && answer.data.every((one) => isPng(one.b64_json)));
    assert.equal(answer.usage.output_tokens, 200);
    const told = await client(base, key).images.generate({ model, prompt: "a fox", response_format: "url" });
    const fetched = await fetch(told.data[0].url);
    assert.ok(isPng(Buffer.from(await fetched.arrayBuffer()).toString("base64")));
  },

  async pictureChanged(base, key, model) {
    const image = await toFile(Buffer.from(PNG_BASE64, "base64"), "a.png", { type: "image/png" });
    const answer = await client(base, key).images.edit({ model, image, prompt: "redder" });
    assert.ok(isPng(answer.data[0].b64_json));
    assert.equal(answer.usage.input_tokens_details.image_tokens, 85);
  },

  async pictureErrors(base, key, model) {
    const ask = (more) => () => client(base, key).images.generate({ model, prompt: "a fox", ...more });
    await raises(OpenAI.NotFoundError, 404, ask({ model: "nobody-has-this" }));
    await raises(OpenAI.BadRequestError, 400, ask({ n: 11 }));
  },
};

const IMAGES_ONCE = {
  async pictureOnce(base, key, model) {
    const answer = await client(base, key).images.generate({ model, prompt: "a fox" });
    assert.ok(isPng(answer.data[0].b64_json) && answer.usage.output_tokens === 1290);
  },
};

const IMAGES_LATER = {
  async pictureLater(base, key, model) {
    const api = client(base, key);
    const begun = await api.images.generate({ model, prompt: "a fox" });
    assert.deepEqual([begun.data, begun.status], [[], "pending"]);
    let task = begun;
    for (let turn = 0; turn < 120 && task.status === "pending"; turn += 1) {
      await new Promise((done) => setTimeout(done, 250));
      task = await api.get(`/tasks/${begun.task_id}`);
    }
    assert.equal(task.status, "succeeded");
    const fetched = await fetch(task.data[0].url);
    assert.ok(isPng(Buffer.from(await fetched.arrayBuffer()).toString("base64")));
  },
};

await runAt({ COMPLETIONS, EMBEDDINGS, IMAGES, IMAGES_ONCE, IMAGES_LATER });
