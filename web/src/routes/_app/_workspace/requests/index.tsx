// The requests of a workspace. Developers see those of their own keys.

import { createFileRoute } from "@tanstack/react-router";
import { requestsOf } from "../../../../lib/asked";
import { useHere } from "../../../../lib/here";
import { requestsQuery, whichOf } from "../../../../lib/requests";
import { requests as words } from "../../../../messages/usage";
import { FirstCall } from "./-first-call";
import { RequestList } from "./-list";

export const Route = createFileRoute("/_app/_workspace/requests/")({
  codeSplitGroupings: [["loader", "component"]],
  validateSearch: requestsOf,
  loaderDeps: ({ search }) => requestsOf({ ...search }),
  loader: ({ context, deps }) =>
    context.client.ensureQueryData(requestsQuery(context.workspaceName, whichOf(deps, Date.now()), deps.before)),
  component: Requests,
});

function Requests() {
  const here = useHere();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <RequestList
      title={words.title}
      about={here.role === "developer" ? words.aboutOwn : words.about}
      search={requestsOf({ ...search })}
      change={(next) => void navigate({ search: (now) => ({ ...now, ...next, before: undefined }) })}
      first={<FirstCall />}
    />
  );
}
