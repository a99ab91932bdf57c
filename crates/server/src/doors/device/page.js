// Where a person decides about a device: sign in if need be, look at what asks, approve or deny. It speaks with the management API
// as any browser would; nothing here is trusted by the server.
"use strict";

const forms = ["sign-in", "second", "typed", "decide"];
const at = (id) => document.getElementById(id);
let csrf = "";
let asked = new URLSearchParams(location.search).get("user_code") || "";

function show(id) {
  for (const form of forms) at(form).hidden = form !== id;
  const field = at(id) && at(id).querySelector("input, select");
  if (field) field.focus();
}

function tell(text) {
  at("told").textContent = text || "";
}

async function call(method, path, body) {
  const headers = { "x-csrf-token": csrf };
  if (body) headers["content-type"] = "application/json";
  const answer = await fetch(`/api/manage${path}`, { method, headers, body: body && JSON.stringify(body) });
  const told = await answer.json();
  if (answer.ok) return told;
  const fields = (told.errors || []).map((error) => `${error.field}: ${error.detail}`);
  throw Object.assign(new Error(fields.join("; ") || told.detail || "That did not work."), { status: answer.status });
}

async function signedIn(session) {
  csrf = session.csrf_token;
  if (session.second_factor === "needed") return show("second");
  at("user").textContent = session.user.email;
  const workspaces = (await call("GET", "/workspaces?limit=1000")).data;
  const makers = workspaces.filter((one) => ["owner", "admin", "developer"].includes(one.role));
  at("decide").elements.workspace.replaceChildren(...makers.map((one) => new Option(one.name, one.id)));
  at("decide").querySelector("button[value=approve]").disabled = makers.length === 0;
  if (makers.length === 0) tell("You are in no workspace where you may make keys, so you cannot approve a device.");
  return asked ? look() : show("typed");
}

async function look() {
  try {
    const device = await call("POST", "/devices/look", { user_code: asked });
    at("code").textContent = asked.toUpperCase();
    at("client").textContent = device.client;
    at("address").textContent = device.address;
    at("scopes").textContent = device.scopes.join(", ") || "everything";
    at("ends").textContent = new Date(device.ends_at).toLocaleTimeString();
    show("decide");
  } catch (why) {
    tell(why.message);
    asked = "";
    show("typed");
  }
}

const steps = {
  "sign-in": async (form) =>
    signedIn(await call("POST", "/session", { email: form.elements.email.value, password: form.elements.password.value })),
  second: async (form) => signedIn(await call("POST", "/session/code", { code: form.elements.code.value })),
  typed: async (form) => {
    asked = form.elements.user_code.value;
    await look();
  },
  decide: async (form, button) => {
    const yes = button.value === "approve";
    const place = encodeURIComponent(form.elements.workspace.value);
    await call("POST", yes ? `/workspaces/${place}/devices` : "/devices/deny", { user_code: asked });
    show("");
    tell(yes ? "Approved. You can go back to the device." : "Denied. The device gets nothing.");
  },
};

for (const id of forms) {
  at(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    tell("");
    try {
      await steps[id](event.target, event.submitter);
    } catch (why) {
      tell(why.message);
      if (why.status === 401 && id !== "sign-in") show("sign-in");
    }
  });
}

call("GET", "/session").then(signedIn, () => show("sign-in")).catch((why) => tell(why.message));
