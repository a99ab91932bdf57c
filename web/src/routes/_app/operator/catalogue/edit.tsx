// The whole catalogue as text, for what has no form. What is saved is what was looked at; a wrong field is told by its place.
import { Button, Group, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconArrowLeft } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { catalogueQuery, type Docs } from "../../../../lib/catalogue";
import { useSending } from "../../../../lib/form";
import { change } from "../../../../messages/catalogue";
import { editor as words } from "../../../../messages/catalogueHistory";
import { FaultNote } from "../../../../parts/FaultNote";
import { Lines } from "../../../../parts/Lines";
import { LinkButton } from "../../../../parts/links";
import { Page } from "../../../../parts/Page";
import { useChanging, useSeen } from "../-change";

export const Route = createFileRoute("/_app/operator/catalogue/edit")({
  codeSplitGroupings: [["loader", "component"]],
  loader: ({ context: { client } }) => client.fetchQuery(catalogueQuery),
  component: Editor,
});

const TABLES = ["tier", "provider", "model"];

function textOf({ tier, provider, model }: Docs): string {
  return JSON.stringify({ tier, provider, model }, null, 2);
}

/** What is wrong with the text as a whole; each field is the gateway's to judge. */
function wrong(text: string): string | null {
  let docs: unknown;
  try {
    docs = JSON.parse(text);
  } catch (thrown) {
    return words.wrong(thrown instanceof Error ? thrown.message : String(thrown));
  }
  if (typeof docs !== "object" || docs === null || Array.isArray(docs)) return words.wrongTable;
  const unknown = Object.keys(docs).filter((name) => !TABLES.includes(name));
  return unknown.length > 0 ? words.unknown(unknown.join(", ")) : null;
}

function Editor() {
  const docs = useSuspenseQuery(catalogueQuery).data;
  const page = useSeen(docs.version);
  return (
    <Page
      title={words.title}
      about={words.about(page.seen)}
      actions={
        <LinkButton to="/operator/catalogue" variant="default" leftSection={<IconArrowLeft size={16} aria-hidden />}>
          {words.back}
        </LinkButton>
      }
    >
      <Text key={page.saves} docs={docs} opened={page.seen} saved={page.formSaved} />
    </Page>
  );
}

interface TextProps {
  docs: Docs;
  opened: number;
  saved: (version: number) => void;
}

function Text({ docs, opened, saved }: TextProps) {
  // What others change meanwhile is shown in the difference, and not put into the text.
  const [initial] = useState(() => textOf(docs));
  const form = useForm({ initialValues: { text: initial }, validate: { text: wrong } });
  const changing = useChanging({ opened, done: saved });
  const sent = useSending({
    form,
    send: ({ text }) => changing.propose(() => ({ body: JSON.parse(text), prune: true })),
    done: () => undefined,
  });
  return (
    <form onSubmit={sent.onSubmit}>
      <Stack>
        <Lines mono label={words.field} rows={28} value={form.getValues().text} {...form.getInputProps("text")} />
        <FaultNote fault={sent.fault} fields={sent.strays} />
        <Group justify="flex-end">
          <Button type="submit" loading={sent.busy}>
            {change.look}
          </Button>
        </Group>
      </Stack>
      {changing.dialog}
    </form>
  );
}
