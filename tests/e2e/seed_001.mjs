// Seed 001 with the official Node SDKs of Anthropic and OpenAI: the snippets of its document.
// In: TOLLGATE_ROOT_URL, TOLLGATE_BASE_URL, TOLLGATE_API_KEY. Out: checks. Never here: what seed_001.py checks.

import { assert, key, load, run } from "./harness.mjs";

const Anthropic = load("@anthropic-ai/sdk");
const { OpenAI } = load("openai");

await run("seed", {
  async row_001_12_anthropic_with_several_models() {
    const client = new Anthropic({ apiKey: key, baseURL: process.env.TOLLGATE_ROOT_URL });
    const asked = { "claude-sonnet-4-5": "Hello!", "gpt-4.1": "Hello GPT!", "gemini-2.5-pro": "Hello Gemini!" };
    for (const [model, text] of Object.entries(asked)) {
      const messages = [{ role: "user", content: text }];
      const msg = await client.messages.create({ model, max_tokens: 1024, messages });
      assert.equal(msg.content[0].text, `You said: ${text}.`);
    }
  },

  async row_001_12_openai_with_a_claude_model(model) {
    const client = new OpenAI({
      baseURL: process.env.TOLLGATE_BASE_URL, apiKey: key, defaultHeaders: { "User-Agent": "EzAI/1.0" },
    });
    const messages = [{ role: "system", content: "You are helpful." }, { role: "user", content: "Hello!" }];
    const resp = await client.chat.completions.create({ model, messages, max_tokens: 1024 });
    assert.equal(resp.choices[0].message.content, "You said: Hello!.");
  },
});
