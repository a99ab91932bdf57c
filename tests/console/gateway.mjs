// Tollgate as the journeys know it: a process with a data folder that goes away, and the letters that it writes.
// In: a binary. Out: an address, a token, letters. Never here: a browser, a check.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const START_MS = 60_000;
const LETTER_MS = 20_000;

/** A port that nobody has just now. */
export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** A gateway on SQLite. */
export class Gateway {
  /** `command` is `demo` or `serve`; `settings` are environment variables. */
  constructor(binary, command = "serve", settings = {}) {
    this.binary = binary;
    this.command = command;
    this.settings = settings;
    this.folder = mkdtempSync(join(tmpdir(), "tollgate-console-"));
    this.log = "";
  }

  /** Starts it, again on the port that it had. */
  async start() {
    this.port ??= await freePort();
    this.simPort ??= await freePort();
    const args = [this.command, "--listen", `127.0.0.1:${this.port}`, "--data", join(this.folder, "data")];
    if (this.command === "demo") args.push("--json", "--quiet");
    const env = { PATH: process.env.PATH, HOME: this.folder, TOLLGATE_SIM__LISTEN: `127.0.0.1:${this.simPort}`, ...this.settings };
    const child = spawn(this.binary, args, { cwd: this.folder, env, stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    this.ended = new Promise((done) => child.once("exit", done));
    child.stderr.on("data", (bytes) => {
      this.log += bytes;
    });
    const lines = createInterface({ input: child.stdout });
    const told = new Promise((done) => lines.on("line", (line) => line.startsWith("{") && done(JSON.parse(line))));
    const ready = this.command === "demo" ? told : this.#readyz();
    const late = sleep(START_MS, "late", { ref: false });
    const first = await Promise.race([ready, this.ended.then(() => "ended"), late]);
    if (first === "ended" || first === "late") throw new Error(`tollgate ${this.command} did not start:\n${this.log}`);
    if (this.command === "demo") this.demo = first;
    return this;
  }

  get origin() {
    return `http://127.0.0.1:${this.port}`;
  }

  async #readyz() {
    const { child } = this;
    while (child.exitCode === null && child.signalCode === null) {
      const answer = await fetch(`${this.origin}/readyz`).catch(() => null);
      if (answer?.ok) return true;
      await sleep(50);
    }
    return "ended";
  }

  /** Ends the process; the data stay. */
  async stop(signal = "SIGTERM") {
    this.child?.kill(signal);
    await this.ended;
  }

  /** Ends it and removes its data. */
  async remove() {
    await this.stop("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A file of the data folder. */
  file(name) {
    return readFileSync(join(this.folder, "data", name), "utf8").trim();
  }

  /** Asks the management API as the first operator's token. */
  async manage(method, path, body) {
    const headers = { authorization: `Bearer ${this.file("operator.token")}`, "content-type": "application/json" };
    const answer = await fetch(`${this.origin}/api/manage${path}`, { method, headers, body: body && JSON.stringify(body) });
    const told = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(told)}`);
    return told;
  }

  /** The path with its token of the newest letter to an address that leads to a page (`verify`). */
  async letter(to, page) {
    const link = new RegExp(`^http://[^/]+(/${page}#[A-Za-z0-9_-]+)\\s*$`, "m");
    for (const end = Date.now() + LETTER_MS; Date.now() < end; await sleep(50)) {
      const paths = this.#letters().filter((text) => text.includes(`To: ${to}`));
      const found = paths.map((text) => link.exec(text)?.[1]).filter(Boolean);
      if (found.length > 0) return found.at(-1);
    }
    throw new Error(`no letter to ${to} leads to /${page}`);
  }

  #letters() {
    const folder = join(this.folder, "data", "mail");
    try {
      const names = readdirSync(folder).filter((name) => name.endsWith(".eml")).sort();
      return names.map((name) => readFileSync(join(folder, name), "utf8").replace(/=\r?\n/g, ""));
    } catch {
      return [];
    }
  }
}
