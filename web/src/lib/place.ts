// Whose requests a page shows: those of one workspace, or everybody's, which operators see. In: the route's context. Out: a place, which
// queries go by. Never here: asking for anything that the frame has not asked for.
import { useQuery } from "@tanstack/react-query";
import { useRouteContext } from "@tanstack/react-router";
import { workspaceQuery } from "./workspace";

/** Where sums of everybody begin: no gateway is older. */
const HOUSE_BEGAN = "2026-01-01T00:00:00.000Z";

/** A place. */
export interface Place {
  /** What the address calls the workspace; null is everybody. */
  name: string | null;
  /** Its id. */
  id: string | null;
  /** Since when there may be requests. */
  began: string;
}

/** The place that a page is at. */
export function usePlace(): Place {
  const { workspaceName: name = null } = useRouteContext({ strict: false });
  const workspace = useQuery({ ...workspaceQuery(name ?? ""), enabled: name !== null }).data;
  return { name, id: workspace?.id ?? null, began: workspace?.created_at ?? HOUSE_BEGAN };
}
