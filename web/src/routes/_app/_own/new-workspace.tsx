// A new workspace; the first page of who is in none.
import { Button, Group, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { api, take } from "../../../lib/api";
import { useSending } from "../../../lib/form";
import { sessionQuery } from "../../../lib/session";
import { tellDone } from "../../../lib/toasts";
import { remember, workspacesQuery } from "../../../lib/workspace";
import { workspaces } from "../../../messages/workspaces";
import { FaultNote } from "../../../parts/FaultNote";
import { TextInput } from "../../../parts/fields";
import { Page, Section } from "../../../parts/Page";

export const Route = createFileRoute("/_app/_own/new-workspace")({ component: NewWorkspace });

function NewWorkspace() {
  const first = useSuspenseQuery(workspacesQuery).data.data.length === 0;
  const operator = useSuspenseQuery(sessionQuery).data?.user.operator;
  return (
    <Page
      title={first ? workspaces.firstTitle : workspaces.newTitle}
      about={first ? workspaces.firstAbout : workspaces.newAbout}
      width="form"
    >
      <Making />
      {operator && !first ? <Opening /> : null}
    </Page>
  );
}

function Making() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const form = useForm({ mode: "uncontrolled", initialValues: { name: "", slug: "" } });
  const sent = useSending({
    form,
    send: ({ name, slug }, key) => {
      const body = { name, ...(slug.trim() ? { slug: slug.trim() } : {}) };
      return take(api.POST("/workspaces", { params: { header: { "Idempotency-Key": key } }, body }));
    },
    done: async (made) => {
      await client.invalidateQueries({ queryKey: workspacesQuery.queryKey });
      remember(made.slug);
      tellDone(workspaces.created(made.name));
      await navigate({ to: "/overview", search: { workspace: made.slug } });
    },
  });
  return (
    <Section title={workspaces.section}>
      <form onSubmit={sent.onSubmit}>
        <Stack>
          <TextInput
            label={workspaces.name}
            description={workspaces.nameHint}
            required
            autoFocus
            maxLength={100}
            data-keeps-focus
            key={form.key("name")}
            {...form.getInputProps("name")}
          />
          <TextInput
            label={workspaces.slug}
            description={workspaces.slugHint}
            maxLength={50}
            key={form.key("slug")}
            {...form.getInputProps("slug")}
          />
          <FaultNote fault={sent.fault} fields={sent.strays} />
          <Group justify="flex-end">
            <Button type="submit" loading={sent.busy}>
              {workspaces.create}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}

/** Operators look into every workspace; the switcher lists the newest alone. */
function Opening() {
  const navigate = useNavigate();
  const form = useForm({ mode: "uncontrolled", initialValues: { workspace: "" } });
  const sent = useSending({
    form,
    send: ({ workspace }) =>
      take(api.GET("/workspaces/{workspace}", { params: { path: { workspace: workspace.trim() } } })),
    done: async ({ slug }) => {
      remember(slug);
      await navigate({ to: "/overview", search: { workspace: slug } });
    },
  });
  return (
    <Section title={workspaces.open}>
      <form onSubmit={sent.onSubmit}>
        <Stack>
          <TextInput
            label={workspaces.slug}
            description={workspaces.openHint}
            required
            key={form.key("workspace")}
            {...form.getInputProps("workspace")}
          />
          <FaultNote fault={sent.fault} fields={sent.strays} />
          <Group justify="flex-end">
            <Button type="submit" variant="default" loading={sent.busy}>
              {workspaces.openAction}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
