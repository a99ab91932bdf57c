// Everybody who can sign in: found by what is typed, shut out and let in, made operators or not. The server keeps the last operator.
import { Badge, Group, Stack, Text } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import type { components } from "#schema";
import { api, take } from "../../../lib/api";
import { confirm } from "../../../lib/confirm";
import { type User, usersQuery } from "../../../lib/house";
import { listOf } from "../../../lib/search";
import { tellDone } from "../../../lib/toasts";
import { common } from "../../../messages/common";
import { users as words } from "../../../messages/house";
import type { Column } from "../../../parts/DataTable";
import { Menu, MenuDivider, MenuItem } from "../../../parts/Menu";
import { When } from "../../../parts/When";
import { FoundList } from "./-find";
import { loading, useNarrowed } from "./-narrowed";

export const Route = createFileRoute("/_app/operator/users")({
  codeSplitGroupings: [["loader", "component"]],
  validateSearch: listOf,
  loaderDeps: ({ search }) => ({ before: search.before }),
  loader: loading(usersQuery),
  component: Users,
});

function Users() {
  const { session } = Route.useRouteContext();
  const narrowed = useNarrowed(usersQuery, Route.useSearch());
  return <FoundList words={words} columns={columns(session.user.id)} {...narrowed} />;
}

function columns(self: string): readonly Column<User>[] {
  const { name, state, verified, made } = words.columns;
  return [
    {
      key: "name",
      head: name,
      cell: (user) => (
        <Stack gap={0} miw={140}>
          <Text fw={600} className="unbroken">
            {user.id === self ? `${user.name} (${words.you})` : user.name}
          </Text>
          <Text size="xs" c="dimmed" className="unbroken">
            {user.email}
          </Text>
        </Stack>
      ),
    },
    { key: "state", head: state, cell: (user) => <State of={user} /> },
    {
      key: "verified",
      head: verified,
      from: "md",
      cell: (user) => (user.verified_at ? <When at={user.verified_at} as="bare" /> : words.unverified),
    },
    { key: "made", head: made, from: "sm", cell: (user) => <When at={user.created_at} as="bare" /> },
    { key: "menu", head: common.actions, quiet: true, cell: (user) => <UserMenu of={user} /> },
  ];
}

function State({ of: user }: { of: User }) {
  return (
    <Group gap={6}>
      <Badge color={user.disabled_at ? "red" : "teal"}>{user.disabled_at ? words.states.off : words.states.on}</Badge>
      {user.operator ? <Badge>{words.operator}</Badge> : null}
    </Group>
  );
}

type Deed = "shutOut" | "letIn" | "promote" | "demote" | "factor";

/** What each deed changes. */
const CHANGES: Readonly<Record<Deed, components["schemas"]["UserChange"]>> = {
  shutOut: { disabled: true },
  letIn: { disabled: false },
  promote: { operator: true },
  demote: { operator: false },
  factor: { second_factor: false },
};

function UserMenu({ of: user }: { of: User }) {
  const client = useQueryClient();
  const item = (deed: Deed) => {
    const told = words[deed];
    const danger = deed !== "letIn";
    const ask = () =>
      confirm({
        title: told.title(user.name),
        consequence: told.consequence(user.name),
        action: told.action,
        danger,
        run: async () => {
          const params = { path: { user: user.id } };
          await take(api.PATCH("/users/{user}", { params, body: CHANGES[deed] }));
          await client.invalidateQueries({ queryKey: ["users"] });
          tellDone(told.done(user.name));
        },
      });
    return (
      <MenuItem danger={danger} onClick={ask}>
        {told.menu}
      </MenuItem>
    );
  };
  return (
    <Menu label={common.actionsFor(user.name)} target={<IconDots size={18} aria-hidden />} width={240}>
      {item(user.operator ? "demote" : "promote")}
      {item("factor")}
      <MenuDivider />
      {item(user.disabled_at ? "letIn" : "shutOut")}
    </Menu>
  );
}
