// Days that are over, for pictures: a gateway whose clock is set back (libfaketime), a day at a time, and calls on each. In: a gateway that
// runs. Out: the same gateway, at the time of now. Never here: a test (a journey knows no clock but the real one).
import { existsSync } from "node:fs";
import { send } from "./traffic.mjs";

/** Where Debian puts it. */
const LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
const MODELS = ["sim-openai", "sim-anthropic"];
const AGENTS = ["OpenAI/Python 3.51.0", "claude-cli/2.1.197 (external, cli)", "codex_exec/0.169.0", "n8n"];
const CALLS_LEAST = 6;
const CALLS_MORE = 11;

/** Whether a clock can be set back here. */
export const canGoBack = existsSync(LIBRARY);

/** The settings of a gateway that lives so many days ago. */
export function daysAgo(days) {
  return { LD_PRELOAD: LIBRARY, FAKETIME: `-${days}d`, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

/** Lets days go by from so many ago until now, with calls of these keys on each. */
export async function livedThrough(gateway, days, keys) {
  const usual = gateway.settings;
  const chance = chances(7);
  for (let day = days; day > 0; day -= 1) {
    await gateway.stop();
    gateway.settings = { ...usual, ...daysAgo(day) };
    await gateway.start();
    const weekend = [0, 6].includes(new Date(Date.now() - day * 86_400_000).getUTCDay());
    const many = weekend ? 3 : CALLS_LEAST + Math.floor(chance() * CALLS_MORE);
    for (let n = 0; n < many; n += 1) await send(gateway, keys[n % keys.length], callOf(chance));
  }
  await gateway.stop();
  gateway.settings = usual;
  await gateway.start();
}

/** A call of some size; one in twenty fails. */
function callOf(chance) {
  const model = MODELS[chance() < 0.35 ? 0 : 1];
  const size = 200 + Math.floor(chance() ** 3 * 14_000);
  const wish = chance() < 0.05 ? "status=503" : `tokens=${size} think=${Math.floor(size / 5)} first_ms=${20 + Math.floor(chance() * 300)} burst`;
  const content = `${"Look into this file and say what is wrong with it. ".repeat(1 + Math.floor(chance() * 120))}[[sim: ${wish}]]`;
  const body = { model, max_tokens: 16_000, stream: chance() < 0.7, messages: [{ role: "user", content }] };
  return { path: "/v1/chat/completions", agent: AGENTS[Math.floor(chance() * AGENTS.length)], body };
}

/** Always the same numbers between 0 and 1: pictures change where the console does. */
function chances(seed) {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
