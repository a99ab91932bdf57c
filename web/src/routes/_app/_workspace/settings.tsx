// The workspace itself: its name, what it may ask for, what each end user may, and leaving it.
import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertTriangle, IconDownload } from "@tabler/icons-react";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import type { components } from "#schema";
import { api, take } from "../../../lib/api";
import { useSending } from "../../../lib/form";
import { useHere } from "../../../lib/here";
import { useLeave } from "../../../lib/leaving";
import { limitsQuery } from "../../../lib/models";
import { csvHref } from "../../../lib/requests";
import { distance } from "../../../lib/time";
import { tellDone } from "../../../lib/toasts";
import { common } from "../../../messages/common";
import { settings as words } from "../../../messages/settings";
import { team } from "../../../messages/team";
import { Copyable } from "../../../parts/Copy";
import { Fact, Facts } from "../../../parts/Facts";
import { FormFoot } from "../../../parts/FormFoot";
import { TextInput } from "../../../parts/fields";
import { Page, Section } from "../../../parts/Page";
import { When } from "../../../parts/When";
import { QuotaSection } from "./-quota";

export const Route = createFileRoute("/_app/_workspace/settings")({
  loader: ({ context }) => context.client.ensureQueryData(limitsQuery(context.workspaceName)),
  component: Settings,
});

function Settings() {
  const here = useHere();
  const leave = useLeave();
  return (
    <Page title={words.title} about={words.about} width="form">
      <Switches />
      <Section title={words.general}>
        {here.may("workspace.change") ? <Name /> : null}
        <Facts>
          {here.may("workspace.change") ? null : <Fact name={words.name}>{here.workspace.name}</Fact>}
          <Fact name={words.slug}>
            <Code>{here.workspace.slug}</Code>
          </Fact>
          <Fact name={words.id}>
            <Copyable value={here.workspace.id} what={words.id.toLowerCase()} />
          </Fact>
          <Fact name={words.made}>
            <When at={here.workspace.created_at} />
          </Fact>
        </Facts>
      </Section>
      <LimitFacts />
      <QuotaSection of="end_user" title={team.quota.endUser} about={team.quota.endUserAbout} />
      <Data />
      {here.workspace.role ? (
        <Section title={words.leave} about={words.leaveAbout}>
          <Group>
            <Button color="red" variant="light" onClick={leave}>
              {team.leave.action}
            </Button>
          </Group>
        </Section>
      ) : null}
    </Page>
  );
}

/** Everything that is kept of requests, to take away. */
function Data() {
  const { name, role } = useHere();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <Section title={words.data} about={role === "developer" ? words.dataOwn : words.dataAbout}>
      <Group>
        <Button
          component="a"
          href={csvHref(name, {}, zone)}
          download
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          {words.csv}
        </Button>
      </Group>
    </Section>
  );
}

/** What operators have switched: members must know why calls are refused. */
function Switches() {
  const { rules } = useHere().workspace;
  const told = [...(rules.api_off ? [words.apiOff] : []), ...(rules.own_providers_only ? [words.ownOnly] : [])];
  return told.map((text) => (
    <Alert key={text} color="orange" variant="light" icon={<IconAlertTriangle size={18} aria-hidden />}>
      {text}
    </Alert>
  ));
}

function Name() {
  const { workspace } = useHere();
  const client = useQueryClient();
  const form = useForm({ initialValues: { name: workspace.name } });
  const sent = useSending({
    form,
    send: (body) => take(api.PATCH("/workspaces/{workspace}", { params: { path: { workspace: workspace.id } }, body })),
    done: async () => {
      await client.invalidateQueries({ queryKey: ["workspace"] });
      await client.invalidateQueries({ queryKey: ["workspaces"] });
      tellDone(common.saved);
    },
  });
  return (
    <form onSubmit={sent.onSubmit}>
      <Stack>
        <TextInput label={words.name} required maxLength={100} {...form.getInputProps("name")} />
        <FormFoot sent={sent} action={common.save} />
      </Stack>
    </form>
  );
}

type Left = components["schemas"]["Left"];

function LimitFacts() {
  const { workspaceName } = Route.useRouteContext();
  const limits = useSuspenseQuery(limitsQuery(workspaceName)).data;
  return (
    <Section title={words.limits} about={words.limitsAbout}>
      <Facts>
        <Fact name={words.tier}>{limits.tier ?? words.unpublished}</Fact>
        <Fact name={words.rate}>
          <Rest of={limits.requests_per_minute} />
        </Fact>
        <Fact name={words.concurrency}>
          <Rest of={limits.concurrent_requests} />
        </Fact>
        <Fact name={words.day}>
          <Rest of={limits.requests_per_day} />
        </Fact>
      </Facts>
    </Section>
  );
}

function Rest({ of: left }: { of: Left | null | undefined }) {
  if (!left) return words.unpublished;
  const told = words.left(left.remaining.toLocaleString("en"), left.limit.toLocaleString("en"));
  return (
    <Text inherit component="span" className="figures">
      {left.reset_at ? `${told}, ${words.resets(distance(left.reset_at))}` : told}
    </Text>
  );
}
