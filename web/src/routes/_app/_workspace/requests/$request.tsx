// One request of a workspace.
import { IconArrowLeft } from "@tabler/icons-react";
import { createFileRoute } from "@tanstack/react-router";
import { requestQuery } from "../../../../lib/requests";
import { request as words } from "../../../../messages/usage";
import { LinkButton } from "../../../../parts/links";
import { OneRequest } from "./-one";

export const Route = createFileRoute("/_app/_workspace/requests/$request")({
  codeSplitGroupings: [["loader", "component"]],
  loader: ({ context, params }) => context.client.ensureQueryData(requestQuery(context.workspaceName, params.request)),
  component: RequestPage,
});

function RequestPage() {
  const back = (
    <LinkButton to="/requests" variant="default" leftSection={<IconArrowLeft size={16} aria-hidden />}>
      {words.back}
    </LinkButton>
  );
  return <OneRequest id={Route.useParams().request} back={back} />;
}
