// Small tools of the Node scenarios: the SDKs from where they are installed, and a tally.
// In: environment, functions. Out: `ok` and `not ok` lines, counts as the last line. Never here: what is checked.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

export const load = createRequire(`${process.env.TOLLGATE_NODE_MODULES}/x.js`);
export const key = process.env.TOLLGATE_API_KEY;
export const models = process.env.TOLLGATE_MODELS.split(",");
export { assert };

/** Runs every scenario with every model, and ends with the counts. */
export async function run(sdk, scenarios) {
  let passed = 0;
  let failed = 0;
  for (const model of models) {
    for (const [name, scenario] of Object.entries(scenarios)) {
      const title = `node ${sdk} ${model} ${name}`;
      try {
        await scenario(model);
        passed += 1;
        console.log(`ok      ${title}`);
      } catch (why) {
        failed += 1;
        console.log(`not ok  ${title}\n        ${String(why?.stack ?? why).replaceAll("\n", "\n        ")}`);
      }
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
}

/** Runs the group of cases that the environment names, without those it names too; a case is a function of a base URL, a key and a model. */
export async function runAt(groups) {
  const without = (process.env.TOLLGATE_WITHOUT ?? "").split(",");
  const cases = Object.entries(groups[process.env.TOLLGATE_CASES]).filter(([name]) => !without.includes(name));
  const bound = cases.map(([name, scenario]) => [
    name, (model) => scenario(process.env.TOLLGATE_BASE_URL, key, model),
  ]);
  await run(process.argv[2], Object.fromEntries(bound));
}

/** A PNG of 70 bytes. */
export const PNG_BASE64 =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** The error an action must end with. */
export async function raises(kind, status, action) {
  try {
    await action();
  } catch (why) {
    assert.equal(why.constructor, kind, String(why));
    assert.equal(why.status, status);
    assert.ok(!String(why).includes("sim-upstream"), `an upstream's words reached the client: ${why}`);
    return;
  }
  assert.fail(`expected ${kind.name}`);
}

/** Everything an async iterator gives. */
export async function collect(iterator) {
  const out = [];
  for await (const item of iterator) out.push(item);
  return out;
}

/** A stream that begins and breaks off: an error of the SDK, or a connection that ended as the runtime tells it. */
export async function breaksOff(kind, open) {
  const seen = [];
  const stream = await open();
  try {
    for await (const item of stream) seen.push(item);
  } catch (why) {
    assert.ok(why instanceof kind || (why instanceof TypeError && why.message === "terminated"), String(why));
    assert.ok(seen.length > 0, "it broke off before its first event");
    return;
  }
  assert.fail("a cut stream ended like a whole one");
}
