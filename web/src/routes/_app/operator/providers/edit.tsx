// One provider: its routes, how it does, its fields, and a try of it as it stands in the form.
import { Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconArrowLeft } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, notFound } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { catalogueQuery, type ProviderDoc, without } from "../../../../lib/catalogue";
import { useSending } from "../../../../lib/form";
import { houseProvidersQuery, systemQuery } from "../../../../lib/house";
import { wrongNumber, wrongRest } from "../../../../lib/restFields";
import { textOf } from "../../../../lib/search";
import { change, providers as words } from "../../../../messages/catalogue";
import { FormFoot } from "../../../../parts/FormFoot";
import { LinkButton } from "../../../../parts/links";
import { Page, Section } from "../../../../parts/Page";
import { dayAsk, HealthOf } from "../../_workspace/overview/-health";
import { making, useChanging, useSeen } from "../-change";
import { StateBadge } from "../-checks";
import { Secrets, Seldom, Where } from "./-fields";
import { Routes } from "./-routes";
import { Trial } from "./-trial";
import { UpBadge } from "./-up";
import { entryOf, KNOWN, placesOf, valuesOf } from "./-values";

export const Route = createFileRoute("/_app/operator/providers/edit")({
  codeSplitGroupings: [["loader", "component"]],
  validateSearch: (search: Record<string, unknown>) => ({ name: textOf(search.name) ?? "" }),
  loaderDeps: ({ search }) => ({ name: search.name }),
  loader: async ({ context: { client }, deps }) => {
    const asked = [
      client.fetchQuery(catalogueQuery),
      client.fetchQuery({ ...houseProvidersQuery, staleTime: 0 }),
    ] as const;
    const [docs] = await Promise.all(asked);
    if (!docs.provider.some(({ name }) => name === deps.name)) throw notFound();
  },
  component: EditProvider,
});

function EditProvider() {
  const { name } = Route.useSearch();
  const docs = useSuspenseQuery(catalogueQuery).data;
  const doc = docs.provider.find((provider) => provider.name === name);
  const navigate = Route.useNavigate();
  const page = useSeen(docs.version);
  const removing = useChanging({
    opened: page.seen,
    title: words.removeTitle(name),
    action: words.remove,
    danger: true,
    done: () => navigate({ to: "/operator/providers" }),
  });
  // It may have gone just now.
  if (!doc) return null;
  return (
    <Page
      title={name}
      about={words.kinds[doc.kind as keyof typeof words.kinds] ?? doc.kind}
      actions={
        <>
          <LinkButton to="/operator/providers" variant="default" leftSection={<IconArrowLeft size={16} aria-hidden />}>
            {words.back}
          </LinkButton>
          <Button
            variant="light"
            color="red"
            loading={removing.busy}
            onClick={() => removing.ask(making(without(docs, doc)))}
          >
            {words.remove}
          </Button>
        </>
      }
    >
      <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: "start" }}>
        <Routes docs={docs} provider={name} saved={page.sawSaved} />
        <State of={name} />
      </SimpleGrid>
      <Fields key={page.saves} opened={page.seen} doc={doc} saved={page.formSaved} />
      {removing.dialog}
    </Page>
  );
}

/** What is known of how it does: its last call, its credentials, the calls of the day. */
function State({ of: name }: { of: string }) {
  const up = useSuspenseQuery(houseProvidersQuery).data.find((provider) => provider.name === name)?.up;
  const checks = useQuery(systemQuery).data?.checks ?? [];
  const own = checks.filter(
    (check) => check.name === `provider ${name}` || check.name.startsWith(`provider ${name} (`),
  );
  const day = useMemo(() => dayAsk(Date.now()), []);
  return (
    <Stack>
      <HealthOf title={words.state} about={words.stateAbout} ask={{ ...day, which: { provider: name } }} />
      <Section title={words.columns.state} actions={<UpBadge of={up} />}>
        {own.map((check) => (
          <Group key={check.name} justify="space-between" wrap="nowrap" align="flex-start">
            <Text size="sm" className="unbroken">
              {words.check} {check.name.slice(`provider ${name}`.length)} {check.detail}
            </Text>
            <StateBadge of={check.state} />
          </Group>
        ))}
      </Section>
    </Stack>
  );
}

interface FieldsProps {
  opened: number;
  doc: ProviderDoc;
  saved: (version: number) => void;
}

function Fields({ opened, doc, saved }: FieldsProps) {
  // What the form began with: what others change meanwhile is not taken back.
  const [base] = useState(doc);
  const stored = useSuspenseQuery(houseProvidersQuery).data.find(({ name }) => name === doc.name)?.credentials ?? 0;
  const form = useForm({
    initialValues: valuesOf(base),
    validate: {
      firstByte: wrongNumber,
      idle: wrongNumber,
      total: wrongNumber,
      rest: (text) => wrongRest(text, KNOWN),
    },
  });
  const changing = useChanging({ opened, done: saved });
  const sent = useSending({
    form,
    names: placesOf(form.getValues()),
    send: (values) => changing.propose(making([{ of: "provider", name: base.name, base, mine: entryOf(values) }])),
    done: () => undefined,
  });
  return (
    <>
      <form onSubmit={sent.onSubmit} autoComplete="off">
        <Stack gap="lg">
          <Section title={words.form.what}>
            <Where form={form} fresh={false} />
          </Section>
          <Section title={words.form.secret}>
            <Secrets form={form} stored={stored} fresh={false} />
            <Trial values={form.getValues} stored />
          </Section>
          <Seldom form={form} />
          <FormFoot sent={sent} action={change.look} />
        </Stack>
      </form>
      {changing.dialog}
    </>
  );
}
