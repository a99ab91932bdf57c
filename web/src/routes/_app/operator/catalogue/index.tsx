// What became of the catalogue: its versions, who made them, and what each changed.
import { Button, Stack, Text } from "@mantine/core";
import { IconEdit, IconHistory } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { type Version, versionsQuery } from "../../../../lib/catalogue";
import { pageOf } from "../../../../lib/search";
import { change } from "../../../../messages/catalogue";
import { history as words } from "../../../../messages/catalogueHistory";
import { type Column, DataTable, Pager } from "../../../../parts/DataTable";
import { Dialog } from "../../../../parts/Dialog";
import { Fact, Facts } from "../../../../parts/Facts";
import { LinkButton } from "../../../../parts/links";
import { Empty, Page } from "../../../../parts/Page";
import { When } from "../../../../parts/When";
import Difference from "../-difference";

export const Route = createFileRoute("/_app/operator/catalogue/")({
  codeSplitGroupings: [["loader", "component"]],
  validateSearch: pageOf,
  loaderDeps: ({ search }) => ({ before: search.before }),
  loader: ({ context: { client }, deps }) => client.fetchQuery(versionsQuery(deps.before)),
  component: History,
});

function History() {
  const { before } = Route.useSearch();
  const { data, next } = useSuspenseQuery(versionsQuery(before)).data;
  const [shown, show] = useState<Version | null>(null);
  return (
    <Page
      title={words.title}
      about={words.about}
      actions={
        <LinkButton to="/operator/catalogue/edit" variant="default" leftSection={<IconEdit size={16} aria-hidden />}>
          {words.edit}
        </LinkButton>
      }
    >
      {data.length === 0 && !before ? (
        <Empty Icon={IconHistory} title={words.none}>
          {words.noneDetail}
        </Empty>
      ) : (
        <DataTable
          label={words.title}
          columns={columns(show)}
          rows={data}
          rowKey={({ version, at }) => `${version} ${at}`}
          times
          foot={<Pager next={next} before={before} />}
        />
      )}
      <Dialog opened={shown !== null} close={() => show(null)} look="wide" title={words.detailsOf(shown?.version ?? 0)}>
        {shown ? (
          <Stack>
            <Facts>
              <Fact name={words.columns.at}>
                <When at={shown.at} />
              </Fact>
              <Fact name={words.columns.actor}>{shown.actor}</Fact>
              <Fact name={words.address}>{shown.address}</Fact>
            </Facts>
            <Difference of={shown.diff} />
          </Stack>
        ) : null}
      </Dialog>
    </Page>
  );
}

const NAMED_MAX = 3;

/** What a version changed, in a line. */
function summary({ diff }: Version): string {
  const names = diff.map(
    ({ edit, what, name }) => `${change.edits[edit]}: ${change.whats[what].toLowerCase()} ${name}`,
  );
  return words.many(names.slice(0, NAMED_MAX).join("; "), names.length - NAMED_MAX);
}

function columns(show: (version: Version) => void): readonly Column<Version>[] {
  return [
    { key: "version", head: words.columns.version, figures: true, cell: ({ version }) => version },
    { key: "at", head: words.columns.at, from: "sm", cell: ({ at }) => <When at={at} as="bare" /> },
    {
      key: "actor",
      head: words.columns.actor,
      from: "md",
      cell: ({ actor }) => (
        <Text inherit maw={220} className="unbroken">
          {actor}
        </Text>
      ),
    },
    {
      key: "what",
      head: words.columns.what,
      cell: (version) => (
        <Stack gap={0} maw={520}>
          <Text inherit className="unbroken">
            {summary(version)}
          </Text>
          <Text size="xs" c="dimmed" hiddenFrom="sm">
            <When at={version.at} as="bare" />
          </Text>
        </Stack>
      ),
    },
    {
      key: "details",
      head: words.details,
      quiet: true,
      cell: (version) => (
        <Button
          variant="subtle"
          size="compact-sm"
          aria-label={words.detailsOf(version.version)}
          onClick={() => show(version)}
        >
          {words.details}
        </Button>
      ),
    },
  ];
}
