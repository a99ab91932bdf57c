// What the requests of a workspace came to.

import { createFileRoute } from "@tanstack/react-router";
import { BY, type UsageSearch } from "../../../../lib/asked";
import { askOf, factsQuery } from "../../../../lib/facts";
import { useHere } from "../../../../lib/here";
import { wordOf } from "../../../../lib/search";
import { rangeOf } from "../../../../lib/spans";
import { sums as words } from "../../../../messages/usage";
import { UsageView } from "./-view";

function usageOf(search: Record<string, unknown>): UsageSearch {
  return { ...rangeOf(search), by: wordOf(search.by, BY) };
}

export const Route = createFileRoute("/_app/_workspace/usage/")({
  codeSplitGroupings: [["loader", "component"]],
  validateSearch: usageOf,
  loaderDeps: ({ search }) => usageOf({ ...search }),
  loader: ({ context, deps }) =>
    context.client.ensureQueryData(factsQuery(context.workspaceName, askOf(deps, BY[0]).ask)),
  component: Usage,
});

function Usage() {
  const here = useHere();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <UsageView
      title={words.title}
      about={here.role === "developer" ? words.aboutOwn : words.about}
      bys={BY}
      search={search}
      change={(next) => void navigate({ search: (now) => ({ ...now, ...next }) })}
    />
  );
}
