// A new model.
import { IconArrowLeft } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { catalogueQuery } from "../../../../lib/catalogue";
import { models as words } from "../../../../messages/catalogueModels";
import { LinkButton } from "../../../../parts/links";
import { Page } from "../../../../parts/Page";
import { ModelForm } from "./-form";

export const Route = createFileRoute("/_app/operator/models/new")({
  codeSplitGroupings: [["loader", "component"]],
  loader: ({ context: { client } }) => client.fetchQuery(catalogueQuery),
  component: NewModel,
});

function NewModel() {
  const docs = useSuspenseQuery(catalogueQuery).data;
  const [opened] = useState(docs.version);
  const navigate = Route.useNavigate();
  return (
    <Page
      title={words.newTitle}
      about={words.newAbout}
      actions={
        <LinkButton to="/operator/models" variant="default" leftSection={<IconArrowLeft size={16} aria-hidden />}>
          {words.back}
        </LinkButton>
      }
    >
      <ModelForm
        base={null}
        docs={docs}
        opened={opened}
        saved={(_, id) => navigate({ to: "/operator/models/edit", search: { id } })}
      />
    </Page>
  );
}
