// One provider: its routes, how it does, its fields, and a try of it as it stands in the form.
import { Button, Group, SimpleGrid, Text } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, notFound } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { catalogueQuery, without } from "../../../../lib/catalogue";
import { houseProvidersQuery, systemQuery } from "../../../../lib/house";
import { textOf } from "../../../../lib/search";
import { providers as words } from "../../../../messages/catalogueProviders";
import { LinkButton } from "../../../../parts/links";
import { Page, Section } from "../../../../parts/Page";
import { dayAsk, HealthOf } from "../../_workspace/overview/-health";
import { making, useChanging, useSeen } from "../-change";
import { StateBadge } from "../-checks";
import { Routes } from "./-routes";
import { UpBadge } from "./-up";

const Fields = lazy(() => import("./-edit"));
const Gone = lazy(() => import("../-gone"));

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
    consequence: words.removeConsequence,
    leaves: true,
    done: () => navigate({ to: "/operator/providers" }),
  });
  if (!doc) return <Gone name={name} list="/operator/providers" back={words.back} />;
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
      <Routes docs={docs} provider={name} saved={page.sawSaved} />
      <State of={name} />
      <Suspense fallback={null}>
        <Fields key={`${page.saves} ${name}`} opened={page.seen} doc={doc} saved={page.formSaved} />
      </Suspense>
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
    <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: "start" }}>
      <HealthOf title={words.state} about={words.stateAbout} ask={{ ...day, which: { provider: name } }} />
      <Section title={words.columns.state} actions={<UpBadge of={up} />}>
        {own.map((check) => (
          <Group key={check.name} justify="space-between" wrap="nowrap" align="flex-start">
            <Text size="sm" className="unbroken">
              {words.check(check.name.slice(`provider ${name}`.length), check.detail)}
            </Text>
            <StateBadge of={check.state} />
          </Group>
        ))}
      </Section>
    </SimpleGrid>
  );
}
