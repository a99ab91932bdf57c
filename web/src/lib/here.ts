// Where a page is: the workspace that is looked at, who looks, and what they may. In: the route's context. Out: facts for pages.
// Never here: asking for anything that the frame has not asked for.
import { useSuspenseQuery } from "@tanstack/react-query";
import { useRouteContext } from "@tanstack/react-router";
import { may, onlySees, type Right, type Role } from "./roles";
import type { Session } from "./session";
import { roleIn, type Workspace, workspaceQuery } from "./workspace";

/** What a page in a workspace knows. */
export interface Here {
  session: Session;
  workspace: Workspace;
  /** What the address calls the workspace: queries go by it. */
  name: string;
  role: Role;
  may: (right: Right) => boolean;
  /** Whether an operator looks, and changes nothing. */
  looking: boolean;
}

/** The workspace that is looked at. */
export function useHere(): Here {
  const { session, workspaceName, looking } = useRouteContext({ from: "/_app/_workspace" });
  const workspace = useSuspenseQuery(workspaceQuery(workspaceName)).data;
  const role = roleIn(workspace, session);
  const mayHere = (right: Right) => may(role, right) && (!looking || onlySees(right));
  return { session, workspace, name: workspaceName, role, may: mayHere, looking };
}
