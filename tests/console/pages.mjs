// Every page of the console, and what is laid over it: where it is, whose it is, and how one gets there. Looked at by a journey, and
// pictured by screenshots.mjs. In: nothing. Out: a list. Never here: a check.

import { FAILED, OF_SESSION } from "./traffic.mjs";

const W = "?workspace=analytical-engines";

/** `who` is a person of the town, or nobody; `go` ends when the page is there. */
export const PAGES = [
  page("landing", "nobody", "/", "One address for every model"),
  page("sign-in", "nobody", "/sign-in", "Sign in"),
  page("sign-up", "nobody", "/sign-up", "Create your account"),
  page("forgot", "nobody", "/forgot", "Forgot the password?"),
  page("reset", "nobody", "/reset", "Set a new password"),
  page("verify", "nobody", "/verify", "Confirm your address"),
  page("setup", "nobody", "/setup", "This gateway is set up already"),
  page("invitation", "nobody", (town) => town.gateway.letter("mary@example.com", "invitation"), "You are invited"),
  page("invitation-gone", "nobody", "/invitation#nothing", "This invitation is of no use any more", { expects: [400, "/api/manage/invitations/look"] }),
  page("not-found", "nobody", "/nothing/here", "There is no such page", { expects: [404, "/nothing/here"] }),
  page("overview", "ada", `/overview${W}`, "Overview"),
  page("overview-new", "ada", "/overview?workspace=difference-engine-ltd", "Getting started"),
  page("requests", "ada", `/requests${W}`, "Requests"),
  page("requests-filtered", "ada", `/requests${W}&since=24h&ending=failed&session=none`, "Nothing fits"),
  page("requests-new", "ada", "/requests?workspace=difference-engine-ltd", "Make the first call"),
  page("request", "ada", (town) => `/requests/${town.requests[OF_SESSION]}${W}`, "Request"),
  page("request-failed", "ada", (town) => `/requests/${town.requests[FAILED]}${W}`, "Request"),
  page("usage", "ada", `/usage${W}`, "Usage"),
  page("usage-tables", "ada", `/usage${W}&range=24h&by=ending`, "Usage", {
    then: async (page) => {
      const buttons = page.getByRole("button", { name: "View as table" });
      for (let left = await buttons.count(); left > 0; left -= 1) await buttons.first().click();
      await page.evaluate(() => scrollTo(0, 0));
    },
  }),
  page("usage-new", "ada", "/usage?workspace=difference-engine-ltd", "Nothing in this span"),
  page("models", "ada", `/models${W}`, "Models"),
  page("playground", "developer", `/playground${W}&model=sim-anthropic`, "Playground"),
  page("playground-talk", "developer", `/playground${W}&model=sim-anthropic`, "Playground", {
    then: async (page) => {
      await page.getByRole("textbox", { name: "Message" }).fill("What is a toll gate? [[sim: think=40 tokens=160]]");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByRole("link", { name: "The request" }).waitFor();
    },
  }),
  page("playground-viewer", "viewer", `/playground${W}`, "The playground needs a key"),
  page("keys", "ada", `/keys${W}`, "API keys"),
  page("keys-viewer", "viewer", `/keys${W}`, "API keys"),
  page("keys-empty", "ada", "/keys?workspace=difference-engine-ltd", "API keys"),
  page("key", "ada", (town) => `/keys/${town.keys.production.id}${W}`, "production"),
  page("key-new", "ada", `/keys/new${W}`, "Create an API key"),
  page("key-edit", "ada", (town) => `/keys/${town.keys.production.id}/edit${W}`, "Edit production"),
  page("key-not-found", "ada", `/keys/key_00000000000000000000000000${W}`, "This is not there", { expects: [404, "/api/manage/"] }),
  page("key-menu", "ada", `/keys${W}`, "API keys", {
    then: async (page) => {
      await page.getByRole("button", { name: "Actions for production" }).click();
      await page.getByRole("menuitem", { name: "Rotate" }).waitFor();
    },
  }),
  page("key-rotate", "ada", (town) => `/keys/${town.keys.production.id}${W}`, "production", {
    then: (page) => page.getByRole("button", { name: "Rotate" }).click(),
  }),
  page("key-revoke", "ada", (town) => `/keys/${town.keys.production.id}${W}`, "production", {
    then: (page) => page.getByRole("button", { name: "Revoke" }).click(),
  }),
  page("key-secret", "ada", "/keys/new?workspace=difference-engine-ltd", "Create an API key", {
    then: async (page) => {
      await page.getByRole("textbox", { name: "Name" }).first().fill(`laptop ${Date.now() % 100000}`);
      await page.getByRole("button", { name: "Create key" }).click();
      await page.getByTestId("secret").waitFor();
    },
    held: true,
  }),
  page("key-set-up", "ada", "/keys?workspace=difference-engine-ltd", "API keys", {
    then: async (page) => {
      await page.getByRole("button", { name: "Set up Claude Code" }).click();
      await page.getByTestId("secret").waitFor();
    },
    held: true,
  }),
  page("palette", "ada", `/keys${W}`, "API keys", {
    then: async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").waitFor();
    },
  }),
  page("team", "ada", `/team${W}`, "Team"),
  page("team-viewer", "viewer", `/team${W}`, "Team"),
  page("team-invite", "ada", `/team${W}`, "Team", {
    then: (page) => page.getByRole("button", { name: "Invite" }).click(),
  }),
  page("provider-keys", "ada", `/provider-keys${W}`, "Provider keys"),
  page("provider-keys-empty", "ada", "/provider-keys?workspace=difference-engine-ltd", "Provider keys"),
  page("provider-key-add", "ada", `/provider-keys${W}`, "Provider keys", {
    then: (page) => page.getByRole("button", { name: "Add a key" }).click(),
  }),
  page("management-keys", "ada", `/management-keys${W}`, "Management keys"),
  page("management-keys-empty", "ada", "/management-keys?workspace=difference-engine-ltd", "Management keys"),
  page("management-key-new", "ada", `/management-keys${W}`, "Management keys", {
    then: (page) => page.getByRole("button", { name: "Create management key" }).click(),
  }),
  page("audit-log", "ada", `/audit-log${W}`, "Audit log"),
  page("audit-log-details", "ada", `/audit-log${W}`, "Audit log", {
    then: (page) => page.getByRole("row", { name: /Changed the workspace/ }).getByRole("button").click(),
  }),
  page("settings", "ada", `/settings${W}`, "Settings"),
  page("settings-viewer", "viewer", `/settings${W}`, "Settings"),
  page("account", "ada", "/account", "Your account"),
  page("second-factor", "viewer", "/account", "Your account", {
    then: async (page) => {
      await page.getByRole("button", { name: "Set up an app" }).click();
      await page.getByRole("img", { name: /QR/ }).waitFor();
    },
  }),
  page("new-workspace", "ada", "/new-workspace", "New workspace"),
  page("operator", "operator", "/new-workspace", "New workspace"),
  page("operator-overview", "operator", "/operator", "Overview"),
  page("operator-requests", "operator", "/operator/requests", "Requests"),
  page("operator-request-failed", "operator", (town) => `/operator/requests/${town.requests[FAILED]}`, "Request"),
  page("operator-usage", "operator", "/operator/usage?by=provider", "Usage"),
  page("operator-workspaces", "operator", "/operator/workspaces", "Workspaces"),
  page("operator-workspace", "operator", "/operator/workspaces/analytical-engines", "Analytical Engines", {
    then: (page) => page.getByRole("heading", { name: "Tier and plans" }).waitFor(),
  }),
  page("operator-credit", "operator", "/operator/workspaces/analytical-engines", "Analytical Engines", {
    then: (page) => page.getByRole("button", { name: "Give credit" }).click(),
  }),
  page("operator-users", "operator", "/operator/users", "Users"),
  page("operator-providers", "operator", "/operator/providers", "Providers"),
  page("operator-provider", "operator", "/operator/providers/edit?name=simulated-openai", "simulated-openai", {
    then: async (page) => {
      await page.getByRole("button", { name: "Try it" }).click();
      await page.getByText("It works").waitFor();
      await page.evaluate(() => scrollTo(0, 0));
    },
  }),
  page("operator-provider-new", "operator", "/operator/providers/new", "Add a provider"),
  page("operator-models", "operator", "/operator/models", "Models"),
  page("operator-model", "operator", "/operator/models/edit?id=sim-openai", "sim-openai"),
  page("operator-model-new", "operator", "/operator/models/new", "Add a model"),
  page("operator-difference", "operator", "/operator/models/edit?id=sim-anthropic", "sim-anthropic", {
    then: async (page) => {
      await page.getByRole("textbox", { name: "Input", exact: true }).fill("2.75");
      await page.getByRole("checkbox", { name: "Route 1 is on" }).uncheck();
      await page.getByRole("button", { name: "Look at the difference" }).click();
      await page.getByRole("dialog").getByText("price.input").waitFor();
    },
  }),
  page("operator-tiers", "operator", "/operator/tiers", "Tiers"),
  page("operator-catalogue", "operator", "/operator/catalogue", "Catalogue"),
  page("operator-catalogue-edit", "operator", "/operator/catalogue/edit", "The whole catalogue"),
  page("operator-system", "operator", "/operator/system", "System"),
  page("operator-ledger", "operator", "/operator/ledger", "Ledger", {
    then: async (page) => {
      await page.getByRole("button", { name: "Audit now" }).click();
      await page.getByText("Written off").waitFor();
    },
  }),
  page("operator-log", "operator", "/operator/log", "Audit log", {
    then: async (page) => {
      await page.getByRole("button", { name: "Check the chain" }).click();
      await page.getByText("The chain is whole").waitFor();
    },
  }),
  page("operator-address-blocks", "operator", "/operator/address-blocks", "Address blocks"),
  page("operator-platform", "operator", "/operator/platform", "Platform"),
  page("operator-token", "operator", "/operator/platform", "Platform", {
    then: (page) => page.getByRole("button", { name: "Create a token" }).click(),
  }),
  page("operator-search", "operator", "/operator/system", "System", {
    then: async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: /request id/ }).fill("ana");
      await page.getByRole("option", { name: /^Workspace · Analytical/ }).waitFor();
    },
  }),
  page("operator-look", "operator", "/operator/workspaces/analytical-engines", "Analytical Engines", {
    then: async (page) => {
      await page.getByRole("button", { name: "Look at it as its members do" }).click();
      await page.getByText("You look at Analytical Engines").waitFor();
    },
  }),
  page("device", "ada", "/device", "Sign in a device"),
  page("device-decide", "ada", (town) => beginDevice(town.gateway), "Does the device show this code?"),
];

/** A device asks for a key; where its owner decides. */
export async function beginDevice(gateway, client = "tollgate on build-server-3", scope = "chat read") {
  const answer = await fetch(`${gateway.origin}/api/device/code`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_id: client, scope }),
  });
  const { user_code } = await answer.json();
  return `/device?user_code=${encodeURIComponent(user_code)}`;
}

function page(name, who, path, heading, { then, expects, held = false } = {}) {
  const go = async (browser, town) => {
    if (expects) browser.expects(...expects);
    await browser.goto(typeof path === "string" ? path : await path(town));
    await browser.page.getByRole("heading", { name: heading, exact: true }).first().waitFor();
    if (then) await then(browser.page);
    await browser.quiet();
  };
  return { name, who, go, held };
}
