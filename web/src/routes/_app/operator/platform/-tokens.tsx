// Tokens of operators: made, shown once, revoked. The server keeps the last one.
import { Badge, Button, Code, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconBan, IconDots, IconPlus } from "@tabler/icons-react";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../../../lib/api";
import { confirm } from "../../../../lib/confirm";
import { useSending } from "../../../../lib/form";
import { type OperatorToken, tokensQuery } from "../../../../lib/platform";
import { tellDone } from "../../../../lib/toasts";
import { common } from "../../../../messages/common";
import { platform } from "../../../../messages/platform";
import { type Column, DataTable } from "../../../../parts/DataTable";
import { Dialog } from "../../../../parts/Dialog";
import { FormFoot } from "../../../../parts/FormFoot";
import { TextInput } from "../../../../parts/fields";
import { ManageSecret } from "../../../../parts/ManageSecret";
import { Menu, MenuItem } from "../../../../parts/Menu";
import { Section } from "../../../../parts/Page";
import { When } from "../../../../parts/When";

const words = platform.tokens;

/** The part of the page. */
export function OperatorTokens() {
  const tokens = useSuspenseQuery(tokensQuery).data;
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Section
      title={words.title}
      about={words.about}
      actions={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setMaking(true)}>
          {words.create}
        </Button>
      }
    >
      <DataTable label={words.title} columns={COLUMNS} rows={tokens} rowKey={(token) => token.id} times />
      <Dialog opened={making} close={() => setMaking(false)} title={words.form.title}>
        <MakeToken close={() => setMaking(false)} made={setSecret} />
      </Dialog>
      <ManageSecret value={secret} done={() => setSecret(null)} words={words.secret} />
    </Section>
  );
}

function MakeToken({ close, made }: { close: () => void; made: (text: string) => void }) {
  const client = useQueryClient();
  const form = useForm({ initialValues: { name: "" } });
  const sent = useSending({
    form,
    send: (body, key) => take(api.POST("/operator-tokens", { params: { header: { "Idempotency-Key": key } }, body })),
    done: async (told) => {
      close();
      made(told.token);
      await client.invalidateQueries({ queryKey: tokensQuery.queryKey });
    },
  });
  return (
    <form onSubmit={sent.onSubmit}>
      <Stack>
        <TextInput
          label={words.form.name}
          description={words.form.nameHint}
          required
          maxLength={100}
          data-autofocus
          autoComplete="off"
          {...form.getInputProps("name")}
        />
        <FormFoot sent={sent} action={words.form.action} cancel={close} />
      </Stack>
    </form>
  );
}

const COLUMNS: readonly Column<OperatorToken>[] = [
  {
    key: "name",
    head: words.columns.name,
    cell: (token) => (
      <Stack gap={0} miw={130}>
        <Text fw={600} className="unbroken">
          {token.name}
        </Text>
        <Text size="xs" c="dimmed">
          <Code>{token.prefix}…</Code>
        </Text>
      </Stack>
    ),
  },
  {
    key: "state",
    head: words.columns.state,
    cell: ({ revoked_at }) => (
      <Badge color={revoked_at ? "red" : "teal"}>{revoked_at ? words.states.revoked : words.states.active}</Badge>
    ),
  },
  { key: "made", head: words.columns.made, from: "sm", cell: (token) => <When at={token.created_at} as="bare" /> },
  { key: "menu", head: common.actions, quiet: true, cell: (token) => <TokenMenu of={token} /> },
];

function TokenMenu({ of: token }: { of: OperatorToken }) {
  const client = useQueryClient();
  if (token.revoked_at) return null;
  const revoke = () =>
    confirm({
      title: words.revoke.title(token.name),
      consequence: words.revoke.consequence(token.name),
      action: words.revoke.action,
      run: async () => {
        await take(api.DELETE("/operator-tokens/{id}", { params: { path: { id: token.id } } }));
        await client.invalidateQueries({ queryKey: tokensQuery.queryKey });
        tellDone(words.revoke.done(token.name));
      },
    });
  return (
    <Menu label={common.actionsFor(token.name)} target={<IconDots size={18} aria-hidden />} width={180}>
      <MenuItem danger icon={<IconBan size={16} aria-hidden />} onClick={revoke}>
        {words.revoke.menu}
      </MenuItem>
    </Menu>
  );
}
