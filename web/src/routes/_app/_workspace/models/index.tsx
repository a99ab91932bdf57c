// What may be called, and what it costs. What the list is narrowed by stands in the address.
import { Group, Text } from "@mantine/core";
import { IconFilterOff, IconStack2 } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { count } from "../../../../lib/figures";
import { useHere } from "../../../../lib/here";
import { type Model, modelsQuery } from "../../../../lib/models";
import { textOf, wordOf } from "../../../../lib/search";
import { models as words } from "../../../../messages/models";
import { Choice } from "../../../../parts/Choice";
import { DataTable } from "../../../../parts/DataTable";
import { TextInput } from "../../../../parts/fields";
import { Empty, Page } from "../../../../parts/Page";
import { columns } from "./-columns";

const KINDS = ["all", "chat", "embeddings", "images"] as const;
type Kind = (typeof KINDS)[number];

interface ModelsSearch {
  q?: string | undefined;
  kind?: Kind | undefined;
}

const searchOf = (search: Record<string, unknown>): ModelsSearch => ({
  q: textOf(search.q),
  kind: wordOf(search.kind, KINDS),
});

export const Route = createFileRoute("/_app/_workspace/models/")({
  validateSearch: searchOf,
  loader: ({ context }) => context.client.ensureQueryData(modelsQuery(context.workspaceName)),
  component: Models,
});

function Models() {
  const { name } = useHere();
  const { q = "", kind = "all" } = Route.useSearch();
  const navigate = Route.useNavigate();
  const all = useSuspenseQuery(modelsQuery(name)).data.data;
  const shown = all.filter((model) => (kind === "all" || model.serves === kind) && isMeant(model, q));
  const change = (next: ModelsSearch) => void navigate({ search: (now) => ({ ...now, ...next }), replace: true });
  const kinds = KINDS.filter((one) => one === "all" || all.some((model) => model.serves === one));
  return (
    <Page title={words.title} about={words.about}>
      {all.length === 0 ? (
        <Empty Icon={IconStack2} title={words.none}>
          {words.noneDetail}
        </Empty>
      ) : (
        <>
          <Group align="flex-end" data-keeps-focus component="search">
            <TextInput
              type="search"
              label={words.filter}
              placeholder={words.filterHint}
              value={q}
              maxLength={100}
              w={{ base: "100%", xs: 280 }}
              onChange={(event) => change({ q: event.currentTarget.value || undefined })}
            />
            {kinds.length > 2 ? (
              <Choice
                label={words.serves}
                value={kind}
                options={kinds.map((value) => ({ value, label: words.servesAre[value] }))}
                onChange={(value) => change({ kind: value === "all" ? undefined : value })}
              />
            ) : null}
          </Group>
          {shown.length === 0 ? (
            <Empty Icon={IconFilterOff} title={words.nothing}>
              {words.nothingDetail}
            </Empty>
          ) : (
            <DataTable label={words.title} plain columns={columns} rows={shown} rowKey={(model) => model.id} />
          )}
          <Text size="sm" c="dimmed" role="status">
            {words.shown(count(shown.length), count(all.length))}
          </Text>
        </>
      )}
    </Page>
  );
}

/** Whether every word that was typed is in what is known of a model. */
function isMeant(model: Model, typed: string): boolean {
  const { id, name, owned_by, category, label, capabilities, endpoints } = model;
  const known = [id, name, owned_by, category, label ?? "", ...capabilities, ...endpoints].join(" ").toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => known.includes(word));
}
