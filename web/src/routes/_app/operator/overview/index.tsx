import { createFileRoute } from "@tanstack/react-router";

export const Route = createFileRoute("/_app/operator/overview/")({
  component: RouteComponent,
});

function RouteComponent() {
  return <div>Hello "/_app/operator/overview/"!</div>;
}
