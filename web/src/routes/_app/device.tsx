// Where people decide about a device that asks for a key (RFC 8628). It stands alone, without navigation: what asks, from where, for
// what, and two buttons. Whatever the device calls itself is text and nothing else. Never here: a decision without the code on screen.
import "@mantine/core/styles/ThemeIcon.css";
import { Alert, Button, Group, Paper, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCircleCheck, IconDeviceLaptop, IconShieldQuestion, IconX } from "@tabler/icons-react";
import { useMutation, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { components } from "#schema";
import { api, take } from "../../lib/api";
import { asFault } from "../../lib/fault";
import { useSending } from "../../lib/form";
import { may } from "../../lib/roles";
import { textOf } from "../../lib/search";
import { roleIn, usual, workspacesQuery } from "../../lib/workspace";
import { common } from "../../messages/common";
import { device as words } from "../../messages/device";
import { Fact, Facts } from "../../parts/Facts";
import { FaultNote } from "../../parts/FaultNote";
import { NativeSelect, TextInput } from "../../parts/fields";
import { LinkButton } from "../../parts/links";
import { Mark } from "../../parts/Mark";
import { When } from "../../parts/When";
import { Away } from "../../shell/Away";
import classes from "./device.module.css";

export const Route = createFileRoute("/_app/device")({
  validateSearch: (search: Record<string, unknown>): { user_code?: string | undefined } => ({
    user_code: textOf(search.user_code, 20),
  }),
  loader: ({ context }) => context.client.ensureQueryData(workspacesQuery),
  component: DevicePage,
});

type Device = components["schemas"]["Device"];

/** What is known so far. */
type Step = { at: "typing" } | { at: "deciding"; code: string; device: Device } | { at: "decided"; yes: boolean };

function DevicePage() {
  const { user_code } = Route.useSearch();
  const [step, setStep] = useState<Step>({ at: "typing" });
  useEffect(() => {
    document.title = `${words.title} · ${common.product}`;
  }, []);
  return (
    <div className={classes.frame}>
      <Away />
      <main className={classes.main}>
        <Group gap="sm" mb="lg">
          <Mark size={30} />
          <Text fw={680} fz="lg">
            {common.product}
          </Text>
        </Group>
        <Paper withBorder p={{ base: "md", xs: "xl" }}>
          {step.at === "typing" ? (
            <Typing given={user_code ?? ""} found={(code, device) => setStep({ at: "deciding", code, device })} />
          ) : null}
          {step.at === "deciding" ? <Deciding {...step} decided={(yes) => setStep({ at: "decided", yes })} /> : null}
          {step.at === "decided" ? <Decided yes={step.yes} again={() => setStep({ at: "typing" })} /> : null}
        </Paper>
      </main>
    </div>
  );
}

interface TypingProps {
  given: string;
  found: (code: string, device: Device) => void;
}

function Typing({ given, found }: TypingProps) {
  const form = useForm({ mode: "uncontrolled", initialValues: { user_code: given } });
  const sent = useSending({
    form,
    send: (body) => take(api.POST("/devices/look", { body })),
    done: (device, { user_code }) => found(user_code.trim().toUpperCase(), device),
  });
  // A code in the address was put there by the device; its reader still compares it.
  const look = useRef(sent.onSubmit);
  useEffect(() => {
    if (given) look.current();
  }, [given]);
  return (
    <form onSubmit={sent.onSubmit}>
      <Stack>
        <Head Icon={IconDeviceLaptop} title={words.title} about={words.type} />
        <TextInput
          label={words.code}
          size="lg"
          required
          autoFocus
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          maxLength={20}
          classNames={{ input: classes.typed ?? "" }}
          key={form.key("user_code")}
          {...form.getInputProps("user_code")}
        />
        <FaultNote fault={sent.fault} fields={sent.strays} />
        <Button type="submit" size="md" loading={sent.busy}>
          {words.look}
        </Button>
      </Stack>
    </form>
  );
}

interface DecidingProps {
  code: string;
  device: Device;
  decided: (yes: boolean) => void;
}

function Deciding({ code, device, decided }: DecidingProps) {
  const { session } = Route.useRouteContext();
  const all = useSuspenseQuery(workspacesQuery).data.data;
  const makers = all.filter((one) => may(roleIn(one, session), "keys.make"));
  const [place, setPlace] = useState(makers.find((one) => one.slug === usual(makers))?.id ?? null);
  const deciding = useMutation({
    mutationFn: (yes: boolean) => {
      const body = { user_code: code };
      if (!yes) return take(api.POST("/devices/deny", { body }));
      return take(api.POST("/workspaces/{workspace}/devices", { params: { path: { workspace: place ?? "" } }, body }));
    },
    onSuccess: (_, yes) => decided(yes),
  });
  return (
    <Stack>
      <Head Icon={IconShieldQuestion} title={words.compare} />
      <div className={classes.code}>{code}</div>
      <WhoAsks device={device} email={session.user.email} />
      <Alert color="yellow" variant="light">
        {words.compareWhy}
      </Alert>
      {makers.length > 0 ? (
        <NativeSelect
          label={words.workspace}
          data={makers.map((one) => ({ value: one.id, label: one.name }))}
          value={place ?? ""}
          onChange={(event) => setPlace(event.currentTarget.value)}
        />
      ) : (
        <Text>{words.nowhere}</Text>
      )}
      <FaultNote fault={deciding.error ? asFault(deciding.error) : null} />
      <Group grow>
        <Button
          size="md"
          variant="default"
          loading={deciding.isPending && deciding.variables === false}
          disabled={deciding.isPending}
          onClick={() => deciding.mutate(false)}
        >
          {words.deny}
        </Button>
        <Button
          size="md"
          loading={deciding.isPending && deciding.variables === true}
          disabled={place === null || deciding.isPending}
          onClick={() => deciding.mutate(true)}
        >
          {words.approve}
        </Button>
      </Group>
    </Stack>
  );
}

/** What is known of who asks, and for whom. */
function WhoAsks({ device, email }: { device: Device; email: string }) {
  return (
    <Facts>
      <Fact name={words.client}>
        <strong>
          <bdi>{device.client}</bdi>
        </strong>
        <Text size="xs" c="dimmed">
          {words.clientUnchecked}
        </Text>
      </Fact>
      <Fact name={words.address}>{device.address}</Fact>
      <Fact name={words.scopes}>{device.scopes.length > 0 ? device.scopes.join(", ") : words.everything}</Fact>
      <Fact name={words.asked}>
        <When at={device.made_at} />
      </Fact>
      <Fact name={words.ends}>
        <When at={device.ends_at} />
      </Fact>
      <Fact name={words.you}>{email}</Fact>
    </Facts>
  );
}

function Decided({ yes, again }: { yes: boolean; again: () => void }) {
  return (
    <Stack role="status">
      <Head
        Icon={yes ? IconCircleCheck : IconX}
        title={yes ? words.approved : words.denied}
        about={yes ? words.approvedDetail : words.deniedDetail}
      />
      <Group>
        <LinkButton to="/keys" variant="default">
          {words.keys}
        </LinkButton>
        <Button variant="subtle" onClick={again}>
          {words.another}
        </Button>
      </Group>
    </Stack>
  );
}

function Head({ Icon, title, about }: { Icon: typeof IconX; title: string; about?: string }) {
  return (
    <Group gap="md" wrap="nowrap" align="flex-start">
      <ThemeIcon size={44} radius="xl" variant="light" aria-hidden>
        <Icon size={24} stroke={1.6} />
      </ThemeIcon>
      <Stack gap={2}>
        <Title order={1}>{title}</Title>
        {about ? <Text c="dimmed">{about}</Text> : null}
      </Stack>
    </Group>
  );
}
