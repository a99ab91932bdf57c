// One request of anybody, with its route and the attempts that failed before.
import { IconArrowLeft } from "@tabler/icons-react";
import { createFileRoute } from "@tanstack/react-router";
import { requestQuery } from "../../../../lib/requests";
import { request as words } from "../../../../messages/usage";
import { LinkButton } from "../../../../parts/links";
import { OneRequest } from "../../_workspace/requests/-one";

export const Route = createFileRoute("/_app/operator/requests/$request")({
  codeSplitGroupings: [["loader", "component"]],
  loader: ({ context, params }) => context.client.ensureQueryData(requestQuery(null, params.request)),
  component: RequestPage,
});

function RequestPage() {
  const back = (
    <LinkButton to="/operator/requests" variant="default" leftSection={<IconArrowLeft size={16} aria-hidden />}>
      {words.back}
    </LinkButton>
  );
  return <OneRequest id={Route.useParams().request} back={back} />;
}
