// Somebody at the management API without a browser: to have signed up, to have made things, before a journey begins.
// In: a gateway. Out: a session. Never here: what the console shows.

const COOKIE = "__Host-tollgate-session";

/** Everybody's password. */
export const PASSWORD = "correct horse battery";

/** A person with at most one session. */
export class Person {
  cookie = "";
  csrf = "";

  constructor(gateway, email, name) {
    Object.assign(this, { gateway, email, name });
  }

  /** Signs up, proves the address, signs in. */
  static async arrive(gateway, email, name, workspace) {
    const person = new Person(gateway, email, name);
    await person.ask("POST", "/register", { email, name, password: PASSWORD, ...(workspace ? { workspace } : {}) });
    const link = await gateway.letter(email, "verify");
    await person.ask("POST", "/verify", { token: link.split("#")[1] });
    await person.signIn();
    return person;
  }

  /** Makes the first operator, and signs them in. */
  static async operate(gateway, email, name) {
    const person = new Person(gateway, email, name);
    await person.ask("POST", "/setup", { token: gateway.file("setup.token"), email, name, password: PASSWORD });
    await person.signIn();
    return person;
  }

  async signIn() {
    return this.ask("POST", "/session", { email: this.email, password: PASSWORD });
  }

  /** Accepts the newest invitation to this person's address. */
  async accept() {
    const link = await this.gateway.letter(this.email, "invitation");
    return this.ask("POST", "/invitations/accept", { token: link.split("#")[1] });
  }

  /** Asks, and takes over the session that the answer opens. */
  async ask(method, path, body) {
    const headers = { "content-type": "application/json", "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0" };
    if (this.cookie) Object.assign(headers, { cookie: `${COOKIE}=${this.cookie}`, "x-csrf-token": this.csrf });
    const answer = await fetch(`${this.gateway.origin}/api/manage${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(told)}`);
    const set = answer.headers.getSetCookie().find((one) => one.startsWith(`${COOKIE}=`));
    if (set) this.cookie = set.slice(COOKIE.length + 1).split(";")[0];
    this.csrf = told.csrf_token ?? told.session?.csrf_token ?? this.csrf;
    return told;
  }

  /** Opens a session of this person in a browser, without its form. */
  async enter(browser) {
    if (!browser.page.url().startsWith(this.gateway.origin)) await browser.goto("/sign-in");
    const status = await browser.page.evaluate(async (body) => {
      const answer = await fetch("/api/manage/session", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return answer.status;
    }, { email: this.email, password: PASSWORD });
    if (status !== 201) throw new Error(`${this.email} could not sign in: ${status}`);
  }
}
