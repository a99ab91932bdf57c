// One model: its routes, its price, what it is, who may call it.
import { Button } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, notFound } from "@tanstack/react-router";
import { lazy, useState } from "react";
import { catalogueQuery, type Docs, type ModelDoc } from "../../../../lib/catalogue";
import { textOf } from "../../../../lib/search";
import { models as words } from "../../../../messages/catalogueModels";
import { LinkButton } from "../../../../parts/links";
import { Page } from "../../../../parts/Page";
import { making, useChanging, useSeen } from "../-change";
import { ModelForm } from "./-form";

const Gone = lazy(() => import("../-gone"));

export const Route = createFileRoute("/_app/operator/models/edit")({
  codeSplitGroupings: [["loader", "component"]],
  validateSearch: (search: Record<string, unknown>) => ({ id: textOf(search.id) ?? "" }),
  loaderDeps: ({ search }) => ({ id: search.id }),
  loader: async ({ context: { client }, deps }) => {
    const docs = await client.fetchQuery(catalogueQuery);
    if (!docs.model.some(({ id }) => id === deps.id)) throw notFound();
  },
  component: EditModel,
});

function EditModel() {
  const { id } = Route.useSearch();
  const docs = useSuspenseQuery(catalogueQuery).data;
  const page = useSeen(docs.version);
  const navigate = Route.useNavigate();
  const removing = useChanging({
    opened: page.seen,
    title: words.removeTitle(id),
    action: words.remove,
    danger: true,
    consequence: words.removeConsequence,
    leaves: true,
    done: () => navigate({ to: "/operator/models" }),
  });
  const doc = docs.model.find((model) => model.id === id);
  if (!doc) return <Gone name={id} list="/operator/models" back={words.back} />;
  return (
    <Page
      title={doc.display_name ?? id}
      about={doc.display_name ? id : undefined}
      actions={
        <>
          <LinkButton to="/operator/models" variant="default" leftSection={<IconArrowLeft size={16} aria-hidden />}>
            {words.back}
          </LinkButton>
          <Button
            variant="light"
            color="red"
            loading={removing.busy}
            onClick={() => removing.ask(making([{ of: "model", name: id, base: doc, mine: null }]))}
          >
            {words.remove}
          </Button>
        </>
      }
    >
      <Opened key={`${page.saves} ${id}`} doc={doc} docs={docs} opened={page.seen} saved={page.formSaved} />
      {removing.dialog}
    </Page>
  );
}

interface OpenedProps {
  doc: ModelDoc;
  docs: Docs;
  opened: number;
  saved: (version: number) => void;
}

/** The form keeps what it began with: what others change meanwhile is not taken back. */
function Opened({ doc, ...props }: OpenedProps) {
  const [base] = useState(doc);
  return <ModelForm base={base} {...props} />;
}
