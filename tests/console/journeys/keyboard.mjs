// J9, R-WEB-1: from signing up to a first key by the keyboard alone. The focus is seen wherever it stands.
import { PASSWORD } from "../person.mjs";
import { found } from "../town.mjs";

const TABS_MAX = 60;

export async function run(bench) {
  const gateway = await found(bench);
  const browser = await bench.browser(gateway);
  const { page } = browser;
  const keys = page.keyboard;
  const to = (role, name) => tabTo(bench, page, role, name);
  const heading = (name) => page.getByRole("heading", { name, exact: true }).waitFor();

  await browser.goto("/");
  await to("link", "Create an account");
  await keys.press("Enter");
  await heading("Create your account");
  await keys.type("Ada Lovelace");
  await to("textbox", "Email");
  await keys.type("ada@example.com");
  await to("textbox", "Password");
  await keys.type(PASSWORD);
  await keys.press("Enter");
  await heading("Look into your mail");

  await browser.goto(await gateway.letter("ada@example.com", "verify"));
  await heading("Confirm your address");
  await keys.press("Enter");
  await heading("Your address is confirmed");
  await keys.press("Enter");
  await heading("Sign in");
  await keys.type("ada@example.com");
  await to("textbox", "Password");
  await keys.type(PASSWORD);
  await keys.press("Enter");
  await heading("Overview");
  await browser.goto("/keys");
  await heading("API keys");

  // The way past the navigation is the first thing that Tab reaches.
  await page.reload();
  await heading("API keys");
  await keys.press("Tab");
  bench.holds((await focused(page)).name === "Skip to the content", "the first Tab does not reach the skip link");
  await keys.press("Enter");
  await keys.press("Tab");
  bench.holds((await focused(page)).name === "Create key", "behind the skip link stands something else than the content");
  await keys.press("Enter");
  await heading("Create an API key");
  await keys.type("laptop");
  await to("textbox", "A month");
  await keys.type("5");
  await keys.press("Enter");
  await page.getByTestId("secret").waitFor();
  // The dialog holds the focus, and Escape does not lose the key.
  bench.holds((await focused(page)).name === "Copy key", "the focus is not at the button that copies");
  await keys.press("Escape");
  await keys.press("Escape");
  bench.holds(await page.getByTestId("secret").isVisible(), "Escape closed the dialog that shows a key once");
  await to("checkbox", "I have kept the key");
  await keys.press("Space");
  await to("button", "Done");
  await keys.press("Enter");
  await heading("laptop");

  // A menu is walked by arrows, and gives the focus back.
  await browser.goto("/keys");
  await heading("API keys");
  await to("button", "Actions for laptop");
  await keys.press("Enter");
  // A browser tells a menu that it is open a little after it shows it.
  await page.locator('[role="menuitem"]:focus', { hasText: "Edit" }).waitFor();
  await keys.press("ArrowDown");
  bench.holds((await focused(page)).name === "Rotate", "an arrow does not walk the menu");
  await keys.press("Escape");
  bench.holds((await focused(page)).name === "Actions for laptop", "the menu does not give the focus back");
  await keys.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await keys.type("audit");
  await keys.press("Enter");
  await heading("Audit log");
  await bench.looks(browser, "audit log of a new workspace");
}

/** Presses Tab until something of that role and name has the focus; wherever it stands on the way, it must be seen. */
async function tabTo(bench, page, role, name) {
  const passed = [];
  for (let n = 0; n < TABS_MAX; n += 1) {
    await page.keyboard.press("Tab");
    const at = await focused(page);
    bench.holds(at.seen, `the focus cannot be seen at ${at.role} "${at.name}"`);
    if (at.role === role && at.name === name) return;
    passed.push(`${at.role} "${at.name}"`);
  }
  throw new Error(`Tab never reaches ${role} "${name}"; it passes ${passed.join(", ")}`);
}

async function focused(page) {
  return page.evaluate(() => {
    const one = document.activeElement;
    const label = one.labels?.[0]?.textContent ?? "";
    const name = one.getAttribute("aria-label") ?? (label || one.textContent);
    const roles = { A: "link", BUTTON: "button", INPUT: "textbox", SELECT: "combobox", SECTION: "region" };
    const role = one.type === "checkbox" ? "checkbox" : (one.getAttribute("role") ?? roles[one.tagName] ?? one.tagName);
    // Seen is an outline, or a ring around the field that it is in.
    const drawn = (other) => {
      const style = other ? getComputedStyle(other) : null;
      return style !== null && ((style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none");
    };
    const seen = drawn(one) || drawn(one.closest(".mantine-Input-input")) || one === document.body;
    return { role, name: one === document.body ? "" : name.replace(/\s*\*$/, "").trim(), seen };
  });
}
