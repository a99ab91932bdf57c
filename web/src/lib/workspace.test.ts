// Where somebody begins who names no workspace. In: lists, what was looked at last. Out: pass or fail. Never here: a page.
import { beforeEach, describe, expect, it } from "vitest";
import { remember, usual, type Workspace } from "./workspace";

function place(slug: string, role: Workspace["role"]): Workspace {
  return { slug, role } as Workspace;
}

describe("the workspace to look at where the address names none", () => {
  beforeEach(() => localStorage.clear());

  // Lists begin with the newest.
  it.each([
    ["where they may do most", [place("guest", "viewer"), place("own", "owner"), place("team", "developer")], "own"],
    [
      "where they have been longest",
      [place("newer", "developer"), place("older", "developer"), place("seen", "viewer")],
      "older",
    ],
    [
      "the first one of operators, who are members of none",
      [place("customer", undefined), place("house", undefined)],
      "house",
    ],
    ["none where there is none", [], null],
  ])("is %s", (_, workspaces, slug) => {
    expect(usual(workspaces)).toBe(slug);
  });

  it("is the one that was looked at last, while it is there", () => {
    remember("guest");
    const workspaces = [place("guest", "viewer"), place("own", "owner")];
    expect(usual(workspaces)).toBe("guest");
    expect(usual(workspaces.slice(1))).toBe("own");
  });
});
