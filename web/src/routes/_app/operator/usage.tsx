// What the requests of everybody came to.

import { createFileRoute } from "@tanstack/react-router";
import { HOUSE_BY, type UsageSearch } from "../../../lib/asked";
import { askOf, factsQuery } from "../../../lib/facts";
import { wordOf } from "../../../lib/search";
import { rangeOf } from "../../../lib/spans";
import { sums as words } from "../../../messages/house";
import { UsageView } from "../_workspace/usage/-view";

function usageOf(search: Record<string, unknown>): UsageSearch {
  return { ...rangeOf(search), by: wordOf(search.by, HOUSE_BY) };
}

export const Route = createFileRoute("/_app/operator/usage")({
  codeSplitGroupings: [["loader", "component"]],
  validateSearch: usageOf,
  loaderDeps: ({ search }) => usageOf({ ...search }),
  loader: ({ context, deps }) => context.client.ensureQueryData(factsQuery(null, askOf(deps, HOUSE_BY[0]).ask)),
  component: Usage,
});

function Usage() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <UsageView
      title={words.title}
      about={words.about}
      bys={HOUSE_BY}
      search={search}
      change={(next) => void navigate({ search: (now) => ({ ...now, ...next }) })}
    />
  );
}
