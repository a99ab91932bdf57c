// Buttons by role, beside the table of the server that decides.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { givable, may, onlySees, type Right, ROLES, type Role } from "./roles";

/** What each right opens, as the golden matrix of the server has it. */
const ROWS: Record<Right, string> = {
  "keys.make": "POST   /workspaces/{workspace}/keys",
  "members.change": "PATCH  /workspaces/{workspace}/members/{user}",
  "providers.change": "POST   /workspaces/{workspace}/provider-keys",
  "programs.see": "GET    /workspaces/{workspace}/management-keys",
  "log.see": "GET    /workspaces/{workspace}/log",
  "workspace.change": "PATCH  /workspaces/{workspace}",
};

const lines = readFileSync("../crates/server/src/api/routes/matrix.txt", "utf8").split("\n");
const actors = (lines[0] ?? "").trim().split(/\s+/);

function opens(row: string, role: Role): boolean {
  const line = lines.find((one) => one.startsWith(`${row} `));
  const cells = line?.slice(row.length).trim().split(/\s+/) ?? [];
  return cells[actors.indexOf(role)] === "yes";
}

describe("rights", () => {
  for (const [right, row] of Object.entries(ROWS) as [Right, string][]) {
    it.each(ROLES)(`${right} of %s is as the server says`, (role) => expect(may(role, right)).toBe(opens(row, role)));
  }

  it("make owners by owners alone", () => {
    expect(givable("owner")).toContain("owner");
    expect(givable("admin")).not.toContain("owner");
  });
});

describe("a right to see", () => {
  it("changes nothing", () => {
    expect((["programs.see", "log.see"] as const).every(onlySees)).toBe(true);
    expect((["keys.make", "members.change", "providers.change", "workspace.change"] as const).some(onlySees)).toBe(
      false,
    );
  });
});
