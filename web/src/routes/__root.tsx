// The root of all routes, and what stands there where a page cannot: it has no frame around it, so it brings its own landmark.
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, Outlet } from "@tanstack/react-router";
import { NotFound } from "../parts/FaultNote";
import { Broken } from "../shell/Broken";

export const Route = createRootRouteWithContext<{ client: QueryClient }>()({
  component: Outlet,
  notFoundComponent: Lost,
  errorComponent: Broken,
});

function Lost() {
  return (
    <main>
      <NotFound />
    </main>
  );
}
