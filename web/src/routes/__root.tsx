// The root of all routes, and what stands there where a page cannot: it has no frame around it, so it brings its own landmark.
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, type ErrorComponentProps, Outlet } from "@tanstack/react-router";
import { FaultPage, NotFound } from "../parts/FaultNote";
import { Away } from "../shell/Away";

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

function Broken(props: ErrorComponentProps) {
  return (
    <>
      <Away />
      <main>
        <FaultPage {...props} />
      </main>
    </>
  );
}
