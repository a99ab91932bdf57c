// Seed 000 with the official Node SDK of OpenAI: the snippets of its document.
// In: TOLLGATE_BASE_URL, TOLLGATE_API_KEY, TOLLGATE_MODELS. Out: checks. Never here: what seed_000.py checks.

import { assert, key, load, run } from "./harness.mjs";

const { OpenAI } = load("openai");
const client = new OpenAI({ baseURL: process.env.TOLLGATE_BASE_URL, apiKey: key, maxRetries: 0 });

await run("seed", {
  async row_000_07_the_loop_prints_to_the_end() {
    const text = "Write a concise deployment checklist.";
    const stream = await client.chat.completions.create({
      model: "ez-long-context", messages: [{ role: "user", content: text }], stream: true,
    });
    let printed = "";
    for await (const chunk of stream) printed += chunk.choices[0]?.delta?.content || "";
    assert.equal(printed, `You said: ${text}.`);
  },

  async row_000_08_the_ticket_is_created(model) {
    const response = await client.chat.completions.create({
      model,
      messages: [{ role: "user", content: "Create a support ticket for a failed payment." }],
      tools: [{
        type: "function",
        function: {
          name: "create_ticket", description: "Create a support ticket",
          parameters: {
            type: "object",
            properties: { subject: { type: "string" }, priority: { type: "string", enum: ["low", "medium", "high"] } },
            required: ["subject", "priority"],
          },
        },
      }],
    });
    const call = response.choices[0].message.tool_calls[0];
    assert.equal(call.function.name, "create_ticket");
    assert.ok(["low", "medium", "high"].includes(JSON.parse(call.function.arguments).priority));
  },
});
