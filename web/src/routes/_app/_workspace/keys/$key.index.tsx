// One key: what it spent of what it may, its rules, and what can be done with it.
import "@mantine/core/styles/Progress.css";
import "@mantine/core/styles/SimpleGrid.css";
import { Button, Code, Group, Progress, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconBan, IconPencil, IconRefresh } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { useHere } from "../../../../lib/here";
import { type Key, keyQuery } from "../../../../lib/keys";
import { membersQuery } from "../../../../lib/members";
import { usd, usdExact } from "../../../../lib/money";
import { keys } from "../../../../messages/keys";
import { Copyable } from "../../../../parts/Copy";
import { Fact, Facts } from "../../../../parts/Facts";
import { LinkButton } from "../../../../parts/links";
import { Page, Section } from "../../../../parts/Page";
import { When } from "../../../../parts/When";
import { SetUp } from "./-install";
import { KeyStateBadge, useRevoke } from "./-key";
import { Rotate } from "./-rotate";

export const Route = createFileRoute("/_app/_workspace/keys/$key/")({
  loader: ({ context, params }) => context.client.ensureQueryData(keyQuery(context.workspaceName, params.key)),
  component: KeyPage,
});

const words = keys.detail;

function KeyPage() {
  const { workspaceName } = Route.useRouteContext();
  const { key: id } = Route.useParams();
  const here = useHere();
  const key = useSuspenseQuery(keyQuery(workspaceName, id)).data;
  return (
    <Page
      title={key.name}
      about={<KeyStateBadge of={key} />}
      actions={here.may("keys.make") && !key.revoked_at ? <Actions of={key} /> : null}
    >
      <Section
        title={words.spending}
        about={words.spendingAbout}
        actions={
          <LinkButton to="/requests" search={{ key: key.id, since: "30d" }} variant="subtle" size="xs">
            {words.requests}
          </LinkButton>
        }
      >
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <Span label={words.today} spent={key.spend.day_micro_usd} cap={key.rules.caps.day_micro_usd} />
          <Span label={words.month} spent={key.spend.month_micro_usd} cap={key.rules.caps.month_micro_usd} />
          <Span label={words.total} spent={key.spend.total_micro_usd} cap={key.rules.caps.total_micro_usd} />
        </SimpleGrid>
      </Section>
      <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: "start" }}>
        <Rules of={key} />
        <Origin of={key} />
      </SimpleGrid>
    </Page>
  );
}

function Actions({ of: key }: { of: Key }) {
  const revoke = useRevoke();
  const [rotating, setRotating] = useState(false);
  return (
    <>
      <LinkButton
        to="/keys/$key/edit"
        params={{ key: key.id }}
        variant="default"
        leftSection={<IconPencil size={16} aria-hidden />}
      >
        {keys.menu.edit}
      </LinkButton>
      <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} onClick={() => setRotating(true)}>
        {keys.menu.rotate}
      </Button>
      <Button color="red" variant="light" leftSection={<IconBan size={16} aria-hidden />} onClick={() => revoke(key)}>
        {keys.menu.revoke}
      </Button>
      <SetUp />
      <Rotate of={key} opened={rotating} close={() => setRotating(false)} />
    </>
  );
}

/** What was spent in a span; the bar only shows how much of a cap that is. */
function Span({ label, spent, cap }: { label: string; spent: number; cap: number | null | undefined }) {
  const part = typeof cap === "number" ? (cap === 0 ? 100 : Math.min(100, (spent / cap) * 100)) : null;
  return (
    <Stack gap={4}>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text fz="xl" fw={650} className="figures" title={usdExact(spent)}>
        {usd(spent)}
      </Text>
      {part === null ? (
        <Text size="xs" c="dimmed">
          {keys.form.noCap}
        </Text>
      ) : (
        <>
          <Progress value={part} color={part >= 100 ? "orange" : "toll"} aria-label={label} size="sm" />
          <Text size="xs" c="dimmed" className="figures">
            {keys.ofCap(usd(spent), usd(cap ?? 0))}
          </Text>
        </>
      )}
    </Stack>
  );
}

function Rules({ of: { rules } }: { of: Key }) {
  const pairs = Object.entries(rules.metadata ?? {});
  return (
    <Section title={words.rules}>
      <Facts>
        <Fact name={words.models}>
          <Words of={rules.models} none={words.everyModel} />
        </Fact>
        <Fact name={words.scopes}>
          <Words of={rules.scopes} none={words.everyScope} />
        </Fact>
        <Fact name={words.addresses}>
          <Words of={rules.addresses} none={words.everywhere} />
        </Fact>
        <Fact name={words.rate}>{rules.requests_per_minute ?? words.workspaceRate}</Fact>
        <Fact name={words.fallback}>{rules.fallback_model ?? words.noFallback}</Fact>
        <Fact name={words.environment}>{rules.environment}</Fact>
        <Fact name={words.metadata}>
          {pairs.length > 0 ? <Words of={pairs.map((pair) => pair.join(" = "))} none="" /> : null}
        </Fact>
      </Facts>
    </Section>
  );
}

function Words({ of: list, none }: { of: readonly string[] | null | undefined; none: string }) {
  if (!list || list.length === 0) return none;
  return (
    <Group gap={6}>
      {list.map((word) => (
        <Code key={word} className="unbroken">
          {word}
        </Code>
      ))}
    </Group>
  );
}

/** The member that it belongs to, by name. */
function Owner({ of: key }: { of: Key }) {
  const members = useQuery({ ...membersQuery(key.workspace), enabled: key.owner !== null }).data?.data;
  if (!key.owner) return words.ownerWorkspace;
  return members?.find((member) => member.user === key.owner)?.name ?? key.owner;
}

function Origin({ of: key }: { of: Key }) {
  return (
    <Section title={words.about}>
      <Facts>
        <Fact name={words.prefix}>
          <Code>{key.prefix}…</Code>
        </Fact>
        <Fact name={words.id}>
          <Copyable value={key.id} what={words.id.toLowerCase()} />
        </Fact>
        <Fact name={words.made}>
          <When at={key.created_at} />
        </Fact>
        <Fact name={words.madeBy}>{key.created_by}</Fact>
        <Fact name={words.owner}>
          <Owner of={key} />
        </Fact>
        <Fact name={keys.columns.used}>
          {key.last_used_at ? <When at={key.last_used_at} as="distance" /> : keys.neverUsed}
        </Fact>
        <Fact name={keys.columns.ends}>{key.expires_at ? <When at={key.expires_at} /> : keys.noEnd}</Fact>
        <Fact name={words.old}>{key.old_text_ends_at ? <When at={key.old_text_ends_at} /> : null}</Fact>
        <Fact name={words.revokedAt}>{key.revoked_at ? <When at={key.revoked_at} /> : null}</Fact>
      </Facts>
    </Section>
  );
}
