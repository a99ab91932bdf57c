// What a role may, as far as screens show it. The server decides: this only spares people buttons that would be refused.
// In: a role. Out: yes or no. Never here: anything that protects.
import type { components } from "#schema";

/** A role in a workspace. */
export type Role = components["schemas"]["Member"]["role"];

/** Every role, the highest first. */
export const ROLES: readonly Role[] = ["owner", "admin", "developer", "billing", "viewer"];

const HEADS: readonly Role[] = ["owner", "admin"];
const MAKERS: readonly Role[] = ["owner", "admin", "developer"];

const RIGHTS = {
  "keys.make": MAKERS,
  "members.change": HEADS,
  "providers.change": HEADS,
  "programs.see": HEADS,
  "log.see": HEADS,
  "workspace.change": HEADS,
} as const;

/** Something that not everybody may. */
export type Right = keyof typeof RIGHTS;

/** Whether a role may do something. */
export function may(role: Role, right: Right): boolean {
  return RIGHTS[right].includes(role);
}

/** Whether a right is one to see something, and changes nothing. */
export function onlySees(right: Right): boolean {
  return right.endsWith(".see");
}

/** The roles that somebody may give: nobody makes owners but owners. */
export function givable(role: Role): readonly Role[] {
  return role === "owner" ? ROLES : ROLES.filter((other) => other !== "owner");
}
