// A gateway with people in it: an operator, a workspace with somebody of every role, keys that were used, and what else its pages show.
// In: a bench. Out: the town. Never here: a browser.
import { Person } from "./person.mjs";
import { traffic } from "./traffic.mjs";

const MODELS = ["sim-openai", "sim-anthropic"];

/** What is sold: two models of simulated providers, one of which takes keys of workspaces. */
export function catalogue(simPort) {
  const at = (path) => `http://127.0.0.1:${simPort}/${path}/v1`;
  const model = (id, provider) => ({
    id,
    context_length: 128000,
    max_output_tokens: 16384,
    price: { input: "2.50", output: "10.00" },
    route: [{ provider, model: id }],
  });
  return {
    tier: [{ name: "town", when: "free", requests_per_minute: 1000, concurrent: 100, requests_per_day: 100000 }],
    provider: [
      {
        name: "simulated-openai",
        kind: "openai",
        base_url: at("openai"),
        credentials: ["sim-credential-1"],
        own_keys: { allowed: true, fee_micro_usd: 500 },
      },
      { name: "simulated-anthropic", kind: "anthropic", base_url: at("anthropic"), credentials: ["sim-credential-2"] },
    ],
    model: [model(MODELS[0], "simulated-openai"), model(MODELS[1], "simulated-anthropic")],
  };
}

/** An empty town: a gateway that sells something, and nobody in it. */
export async function found(bench, settings = {}) {
  const gateway = await bench.gateway("serve", settings);
  await gateway.manage("PUT", "/catalogue", catalogue(gateway.simPort));
  return gateway;
}

/** A town with everybody in it. */
export async function settle(bench, settings = {}) {
  const gateway = await found(bench, settings);
  const operator = await Person.operate(gateway, "olga@example.com", "Olga Operator");
  const ada = await Person.arrive(gateway, "ada@example.com", "Ada Lovelace", "Analytical Engines");
  const place = "/workspaces/analytical-engines";
  await operator.ask("POST", `${place}/credit`, { amount_usd: "25.00", reason: "first top-up" });
  await ada.ask("POST", "/workspaces", { name: "Difference Engine Ltd" });
  const people = { operator, ada };
  for (const [email, name, role] of [
    ["charles@example.com", "Charles Babbage", "admin"],
    ["grace@example.com", "Grace Hopper", "developer"],
    ["vera@example.com", "Vera Rubin", "viewer"],
  ]) {
    await ada.ask("POST", `${place}/invitations`, { email, role });
    const person = await Person.arrive(gateway, email, name);
    await person.accept();
    people[role] = person;
  }
  await ada.ask("POST", `${place}/invitations`, { email: "mary@example.com", role: "billing" });
  const withdrawn = await ada.ask("POST", `${place}/invitations`, { email: "wrong@example.com", role: "admin" });
  await ada.ask("DELETE", `${place}/invitations/${withdrawn.id}`);
  const { requests, ...keys } = await makeKeys(gateway, people, place);
  await ada.ask("POST", `${place}/provider-keys`, {
    provider: "simulated-openai",
    label: "Our OpenAI account",
    key: "sk-own-0123456789abcdef",
  });
  const ends = new Date(Date.now() + 90 * 86_400_000).toISOString();
  await ada.ask("POST", `${place}/management-keys`, { name: "Terraform", role: "admin", expires_at: ends });
  const old = await ada.ask("POST", `${place}/management-keys`, { name: "Old script", role: "viewer", expires_at: ends });
  await ada.ask("DELETE", `${place}/management-keys/${old.id}`);
  await ada.ask("PATCH", place, { rules: { member: { month_micro_usd: 50_000_000, requests_per_day: 2000 } } });
  return { gateway, people, place, keys, requests };
}

async function makeKeys(gateway, { ada, developer }, place) {
  const make = (who, body) => who.ask("POST", `${place}/keys`, body);
  const old = await make(ada, { name: "old-server" });
  await ada.ask("DELETE", `${place}/keys/${old.id}`);
  await make(developer, { name: "grace-notebook", rules: { caps: { day_micro_usd: 1_000_000 } } });
  const capped = await make(ada, { name: "trial", rules: { caps: { total_micro_usd: 20 } } });
  const production = await make(ada, {
    name: "production",
    expires_at: new Date(Date.now() + 300 * 86_400_000).toISOString(),
    rules: {
      environment: "production",
      caps: { month_micro_usd: 20_000_000, day_micro_usd: 2_000_000 },
      models: ["sim-*"],
      scopes: ["chat", "read"],
      addresses: ["127.0.0.0/8"],
      requests_per_minute: 600,
      metadata: { team: "payments", ticket: "OPS-1842" },
    },
  });
  const requests = await traffic(gateway, production.key);
  return { production, capped, requests };
}

/** One small call of a model; what it costs is charged to the key. */
export async function call(gateway, key, model = MODELS[1]) {
  const answer = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, max_tokens: 400, messages: [{ role: "user", content: "Write a short story about a toll gate." }] }),
  });
  return { status: answer.status, body: await answer.json() };
}
