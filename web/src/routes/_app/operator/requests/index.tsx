// The requests of everybody, with who served them.

import { IconListDetails } from "@tabler/icons-react";
import { createFileRoute } from "@tanstack/react-router";
import { houseRequestsOf } from "../../../../lib/asked";
import { requestsQuery, whichOf } from "../../../../lib/requests";
import { requests as words } from "../../../../messages/house";
import { Empty } from "../../../../parts/Page";
import { RequestList } from "../../_workspace/requests/-list";

export const Route = createFileRoute("/_app/operator/requests/")({
  codeSplitGroupings: [["loader", "component"]],
  validateSearch: houseRequestsOf,
  loaderDeps: ({ search }) => houseRequestsOf({ ...search }),
  loader: ({ context, deps }) =>
    context.client.ensureQueryData(requestsQuery(null, whichOf(deps, Date.now()), deps.before)),
  component: Requests,
});

function Requests() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <RequestList
      title={words.title}
      about={words.about}
      search={houseRequestsOf({ ...search })}
      change={(next) => void navigate({ search: (now) => ({ ...now, ...next, before: undefined }) })}
      first={
        <Empty Icon={IconListDetails} title={words.none}>
          {words.noneDetail}
        </Empty>
      }
    />
  );
}
