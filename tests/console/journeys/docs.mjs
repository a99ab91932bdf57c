// J12, R-WEB-2: the public pages in a browser without scripts: readable, in every way that pages are looked at, and every link between them
// leads somewhere. Never here: the samples on them (tests/docs).
const LOOKED_AT = ["/docs", "/docs/quickstart", "/docs/agents", "/docs/errors", "/docs/claude-code", "/docs/changelog", "/docs/api", "/docs/api/v1",
  "/pricing", "/status", "/legal/terms", "/legal/licenses"];

export async function run(bench) {
  const gateway = await bench.gateway("demo");
  const browser = await bench.browser(gateway);
  for (const path of LOOKED_AT) {
    await browser.goto(path);
    await browser.page.getByRole("heading", { level: 1 }).waitFor();
    await bench.looks(browser, path);
  }
  const [seen, open] = [new Set(), ["/docs"]];
  for (let path = open.pop(); path; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const answer = await fetch(gateway.origin + path, { headers: { accept: "text/html" } });
    bench.holds(answer.status === 200, `${path}: ${answer.status}`);
    if (!answer.headers.get("content-type")?.startsWith("text/html")) continue;
    const text = await answer.text();
    const links = [...text.matchAll(/(?:href|src)="([^"#?]+)/g)].map(([, link]) => link.replace(gateway.origin, ""));
    open.push(...links.filter((link) => link.startsWith("/") && !link.startsWith("//")));
  }
  bench.holds(seen.size > 60, `only ${seen.size} pages were found`);
}
