// R-USE-4, R-WEB-1: ten tabs hear of requests by one stream; when the tab that has it goes, another takes it over.
import { send } from "../traffic.mjs";
import { settle } from "../town.mjs";

const TABS = 10;
const ALL_MS = 2_500;
const TAKEN_OVER_MS = 6_000;
const CALL = {
  path: "/v1/chat/completions",
  body: { model: "sim-anthropic", max_tokens: 50, messages: [{ role: "user", content: "Hello" }] },
};

export async function run(bench) {
  const town = await settle(bench);
  const browser = await bench.browser(town.gateway);
  await town.people.ada.enter(browser);
  const streams = new Map();
  const over = (request) => streams.delete(request);
  browser.context.on("request", (request) => {
    if (/\/events(\?|$)/.test(request.url())) streams.set(request, request.frame().page());
  });
  browser.context.on("requestfailed", over);
  browser.context.on("requestfinished", over);
  // Of a tab that was closed nothing more is told.
  const held = () => [...streams.values()].filter((tab) => !tab.isClosed()).length;
  const tabs = await Promise.all(Array.from({ length: TABS }, () => browser.context.newPage()));
  await Promise.all(tabs.map((tab) => tab.goto(`${browser.origin}/requests?workspace=analytical-engines`)));
  await Promise.all(tabs.map((tab) => tab.getByText("Live", { exact: true }).waitFor()));
  bench.holds(held() === 1, `${TABS} tabs hold ${held()} streams`);
  await everywhere(bench, town, tabs, ALL_MS);
  // Whichever has the stream: half of them go, one after the other.
  for (const tab of tabs.splice(0, TABS / 2)) await tab.close();
  await Promise.all(tabs.map((tab) => tab.getByText("Live", { exact: true }).waitFor({ timeout: TAKEN_OVER_MS })));
  await everywhere(bench, town, tabs, TAKEN_OVER_MS);
  bench.holds(held() === 1, `${tabs.length} tabs hold ${held()} streams`);
}

async function everywhere(bench, { gateway, keys }, tabs, ms) {
  const { id, ended } = await send(gateway, keys.production.key, CALL);
  await Promise.all(tabs.map((tab) => tab.locator(`a[href*="/requests/${id}"]`).waitFor()));
  const took = Date.now() - ended;
  bench.holds(took < ms, `${tabs.length} tabs had the row after ${took} ms`);
}
