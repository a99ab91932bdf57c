// Who models are bought from: the language, the address, how many credentials there are, which models they serve, how the last call ended.
import { Code, Stack, Text } from "@mantine/core";
import { IconPlugConnected, IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { catalogueQuery, isOn, type ProviderDoc } from "../../../../lib/catalogue";
import { found, houseProvidersQuery, type Provider } from "../../../../lib/house";
import { listOf } from "../../../../lib/search";
import { providers as words } from "../../../../messages/catalogueProviders";
import type { Column } from "../../../../parts/DataTable";
import { LinkAnchor, LinkButton } from "../../../../parts/links";
import { Empty, Page } from "../../../../parts/Page";
import { FoundList } from "../-find";
import { UpBadge } from "./-up";

export const Route = createFileRoute("/_app/operator/providers/")({
  codeSplitGroupings: [["loader", "component"]],
  validateSearch: listOf,
  loader: ({ context: { client } }) =>
    Promise.all([client.fetchQuery(catalogueQuery), client.fetchQuery({ ...houseProvidersQuery, staleTime: 0 })]),
  component: Providers,
});

interface Row {
  id: string;
  doc: ProviderDoc;
  told: Provider | undefined;
  /** Models with a route to it, and with one that is on. */
  all: number;
  on: number;
}

function Providers() {
  const { q } = Route.useSearch();
  const docs = useSuspenseQuery(catalogueQuery).data;
  const told = useSuspenseQuery(houseProvidersQuery).data;
  const add = (
    <LinkButton to="/operator/providers/new" leftSection={<IconPlus size={16} aria-hidden />}>
      {words.add}
    </LinkButton>
  );
  if (docs.provider.length === 0) {
    return (
      <Page title={words.title} about={words.about}>
        <Empty Icon={IconPlugConnected} title={words.none} action={add}>
          {words.noneDetail}
        </Empty>
      </Page>
    );
  }
  const rows = docs.provider.map((doc): Row => {
    const ways = docs.model.flatMap(({ route = [] }) => {
      const own = route.filter(({ provider }) => provider === doc.name);
      return own.length > 0 ? [own] : [];
    });
    return {
      id: doc.name,
      doc,
      told: told.find(({ name }) => name === doc.name),
      all: ways.length,
      on: ways.filter((own) => own.some(isOn)).length,
    };
  });
  return (
    <FoundList
      words={words}
      columns={COLUMNS}
      found={found(rows, q, ({ doc }) => [doc.name, doc.kind, doc.base_url])}
      q={q}
      times={false}
      actions={add}
    />
  );
}

const COLUMNS: readonly Column<Row>[] = [
  {
    key: "name",
    head: words.columns.name,
    cell: ({ doc }) => (
      <Stack gap={0} miw={120} maw={260} align="flex-start">
        <LinkAnchor to="/operator/providers/edit" search={{ name: doc.name }} inherit className="unbroken">
          {doc.name}
        </LinkAnchor>
        <Text size="xs" c="dimmed">
          {words.kinds[doc.kind as keyof typeof words.kinds] ?? doc.kind}
        </Text>
      </Stack>
    ),
  },
  {
    key: "address",
    head: words.columns.address,
    from: "sm",
    cell: ({ doc }) => <Code className="unbroken">{doc.base_url}</Code>,
  },
  {
    key: "credentials",
    head: words.columns.credentials,
    from: "md",
    cell: ({ doc, told }) => (
      <Stack gap={0}>
        <span>{words.credentials(told?.credentials ?? 0)}</span>
        {doc.own_keys?.allowed ? (
          <Text size="xs" c="dimmed">
            {words.ownKeys}
          </Text>
        ) : null}
      </Stack>
    ),
  },
  {
    key: "models",
    head: words.columns.models,
    figures: true,
    from: "xs",
    cell: ({ on, all }) => words.routes(on, all),
  },
  { key: "state", head: words.columns.state, cell: ({ told }) => <UpBadge of={told?.up} /> },
];
