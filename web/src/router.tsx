// The router over the tree of routes, which is made of the files in routes/. In: the server state. Out: a router.
// Never here: a route.
import type { QueryClient } from "@tanstack/react-query";
import { createRouter } from "@tanstack/react-router";
import { routeTree } from "../.generated/routeTree.gen";
import { FaultPage, NotFound } from "./parts/FaultNote";
import { Pending } from "./parts/Page";

const PENDING_AFTER_MS = 300;

/** Makes the router. */
export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    context: { client },
    defaultPreload: "intent",
    // Server state has its own memory.
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: FaultPage,
    defaultNotFoundComponent: NotFound,
    defaultPendingComponent: Pending,
    defaultPendingMs: PENDING_AFTER_MS,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
