// R-WEB-1: a talk in the playground: a stream, thinking, tools, a picture, an end before the end, what each call cost. Its key is capped,
// is in the list, and is kept nowhere.
import { settle } from "../town.mjs";

const W = "?workspace=analytical-engines";
/** One white pixel. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg==";
const TOOLS = JSON.stringify([
  { type: "function", function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } } },
]);

export async function run(bench) {
  const town = await settle(bench);
  const browser = await bench.browser(town.gateway);
  await town.people.developer.enter(browser);
  const { page } = browser;
  await browser.goto(`/playground${W}&model=sim-anthropic`);
  const say = async (text) => {
    await page.getByRole("textbox", { name: "Message" }).fill(text);
    await page.keyboard.press("Control+Enter");
  };
  const costs = page.getByRole("link", { name: "The request" });

  await say("What is a toll? [[sim: think=20 tokens=60]]");
  await page.getByText("What it thought").waitFor();
  await costs.waitFor();
  const told = await page.getByText(/^\$0\.\d{6,} · \d+ in, \d+ out · took/).innerText();
  await bench.looks(browser, "a talk");

  await page.getByRole("textbox", { name: "Tools, as JSON" }).fill(`${TOOLS}]`);
  await page.getByText("No list in JSON.").waitFor();
  await page.getByRole("textbox", { name: "Tools, as JSON" }).fill(TOOLS);
  await say("The weather? [[sim: call=get_weather]]");
  await page.getByRole("textbox", { name: "What get_weather gives back" }).fill("rain");
  await page.getByRole("button", { name: "Send results" }).click();
  await costs.nth(2).waitFor();

  await page.locator("input[type=file]").setInputFiles([
    { name: "white.png", mimeType: "image/png", buffer: Buffer.from(PIXEL, "base64") },
    { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") },
  ]);
  await page.getByText("notes.txt is no picture.").waitFor();
  await page.getByRole("img", { name: "Picture 1" }).waitFor();
  await say("What is in this picture?");
  await costs.nth(3).waitFor();

  // An end before the end: what was said until then stays, and is charged.
  await say("Tell me a long story. [[sim: tokens=2000 pace_ms=100]]");
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await page.waitForTimeout(600);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("You stopped it here.").waitFor();
  await bench.looks(browser, "a talk that was stopped");

  // A call that fails says so with its request's id.
  browser.expects(400, "/v1/");
  await say('Fail. [[sim: status=400 message="no such thing"]]');
  await page.getByText("That did not work").waitFor();
  await code(bench, page);
  await keyOf(bench, town, browser);

  // The cost is the request's own.
  await costs.first().click();
  await page.getByRole("heading", { name: "What it cost" }).waitFor();
  const sum = await page.getByRole("table", { name: "What it cost" }).locator("tfoot td").last().innerText();
  bench.holds(Number(told.split(" ")[0].slice(1)) === Number(sum.slice(1)), `the playground tells ${told}, the request ${sum}`);
}

async function code(bench, page) {
  for (const [language, word] of [["Python", "from openai import OpenAI"], ["Node", 'import OpenAI from "openai"'], ["curl", "curl '"]]) {
    await page.getByText(language, { exact: true }).click();
    const text = await page.locator("pre").last().innerText();
    bench.holds(text.includes(word) && text.includes("TOLLGATE_API_KEY"), `${language} is ${text.slice(0, 80)}`);
    bench.holds(!/sk-tg-/.test(text), `${language} has a key in it`);
  }
}

/** The key is one of hers, capped and ending; no storage has it; it works no more when it is revoked. */
async function keyOf(bench, town, browser) {
  const { page } = browser;
  const { developer } = town.people;
  const find = async () => (await developer.ask("GET", `${town.place}/keys`)).data.find((one) => one.name === "Playground");
  const key = await find();
  const hours = (Date.parse(key.expires_at) - Date.now()) / 3_600_000;
  bench.holds(key.rules.caps.total_micro_usd === 1_000_000 && hours < 4.01, `the key is ${JSON.stringify(key.rules)}`);
  bench.holds(key.rules.scopes.join() === "chat", "the key may do more than chat");
  const kept = await page.evaluate(async () => {
    const names = (await indexedDB.databases?.()) ?? [];
    return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, names]) + document.documentElement.outerHTML;
  });
  bench.holds(!/sk-tg-[A-Za-z0-9]{12}/.test(kept), "the key is kept somewhere");
  await page.getByRole("button", { name: "Revoke it now" }).click();
  await page.getByText("The playground's key is revoked.").waitFor();
  bench.holds((await find()).revoked_at !== null, "the key is not revoked");
}
