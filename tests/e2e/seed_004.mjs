// Seed 004 with the official Node SDK of OpenAI: the program of its document.
// In: TOLLGATE_BASE_URL, TOLLGATE_API_KEY, TOLLGATE_MODELS. Out: checks. Never here: what seed_004.py checks.

import { assert, key, load, run } from "./harness.mjs";

const { OpenAI } = load("openai");
const client = new OpenAI({ apiKey: key, baseURL: process.env.TOLLGATE_BASE_URL });

await run("seed", {
  async row_004_04_the_program_prints_a_haiku(model) {
    const completion = await client.chat.completions.create({
      model, messages: [{ role: "user", content: "Write a haiku about APIs." }],
    });
    assert.equal(completion.choices[0]?.message?.content, "You said: Write a haiku about APIs..");
  },
});
