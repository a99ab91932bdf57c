// The second factor: an app is set up by a QR code that is drawn here, recovery codes are shown once, a code turns it off.
import { Anchor, Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconDownload } from "@tabler/icons-react";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { components } from "#schema";
import { secondFactorQuery, sessionsQuery } from "../../../../lib/account";
import { api, take } from "../../../../lib/api";
import { download } from "../../../../lib/download";
import { asFault } from "../../../../lib/fault";
import { useSending } from "../../../../lib/form";
import { renew } from "../../../../lib/session";
import { tellDone } from "../../../../lib/toasts";
import { account } from "../../../../messages/account";
import { Copyable } from "../../../../parts/Copy";
import { Dialog } from "../../../../parts/Dialog";
import { Fact, Facts } from "../../../../parts/Facts";
import { FaultNote } from "../../../../parts/FaultNote";
import { FormFoot } from "../../../../parts/FormFoot";
import { TextInput } from "../../../../parts/fields";
import { Section } from "../../../../parts/Page";
import { Secret } from "../../../../parts/Secret";
import { When } from "../../../../parts/When";
import { Qr } from "./-qr";

const words = account.second;

type Seed = components["schemas"]["SecondFactorSeed"];

/** Whether there is one, and the way to the other. */
export function SecondFactorSection() {
  const since = useSuspenseQuery(secondFactorQuery).data.confirmed_at;
  const client = useQueryClient();
  const [seed, setSeed] = useState<Seed | null>(null);
  const [codes, setCodes] = useState<string | null>(null);
  const [removing, setRemoving] = useState(false);
  const beginning = useMutation({ mutationFn: () => take(api.POST("/totp")), onSuccess: setSeed });
  const confirmed = async (told: string[]) => {
    setSeed(null);
    setCodes(told.join("\n"));
    await Promise.all([
      client.invalidateQueries({ queryKey: secondFactorQuery.queryKey }),
      // Everywhere else one is signed out.
      client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
    ]);
  };
  return (
    <Section
      title={words.title}
      about={words.about}
      actions={<Badge color={since ? "teal" : "gray"}>{since ? words.on : words.off}</Badge>}
    >
      {since ? (
        <Facts>
          <Fact name={words.onSince}>
            <When at={since} />
          </Fact>
        </Facts>
      ) : null}
      <FaultNote fault={beginning.error ? asFault(beginning.error) : null} />
      <Group>
        {since ? (
          <Button variant="default" onClick={() => setRemoving(true)}>
            {words.remove}
          </Button>
        ) : (
          <Button loading={beginning.isPending} onClick={() => beginning.mutate()}>
            {words.begin}
          </Button>
        )}
      </Group>
      <Dialog opened={seed !== null} close={() => setSeed(null)} title={words.begin}>
        {seed ? <Confirm seed={seed} confirmed={confirmed} cancel={() => setSeed(null)} /> : null}
      </Dialog>
      <Secret
        title={words.codesTitle}
        about={words.codesAbout}
        value={codes}
        what={words.codes}
        kept={words.codesKept}
        done={() => setCodes(null)}
        actions={
          <Button
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden />}
            onClick={() => download("tollgate-recovery-codes.txt", `${codes}\n`)}
          >
            {words.download}
          </Button>
        }
      />
      <Dialog opened={removing} close={() => setRemoving(false)} title={words.removeTitle}>
        <Remove close={() => setRemoving(false)} />
      </Dialog>
    </Section>
  );
}

interface ConfirmProps {
  seed: Seed;
  confirmed: (codes: string[]) => unknown;
  cancel: () => void;
}

function Confirm({ seed, confirmed, cancel }: ConfirmProps) {
  const client = useQueryClient();
  const form = useForm({ initialValues: { code: "" } });
  const sent = useSending({
    form,
    send: ({ code }) => take(api.POST("/totp/confirm", { body: { code: code.trim() } })),
    done: (told) => {
      renew(client, told.session);
      return confirmed(told.recovery_codes);
    },
  });
  return (
    <form onSubmit={sent.onSubmit}>
      <Stack>
        <Text>{words.scan}</Text>
        <Group justify="center">
          <Qr text={seed.uri} label={words.qr} />
        </Group>
        <Stack gap={4}>
          <Text size="sm" c="dimmed">
            {words.type}
          </Text>
          <Copyable value={seed.secret} what={words.secret} />
        </Stack>
        <TextInput
          label={words.code}
          description={words.confirm}
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          data-autofocus
          {...form.getInputProps("code")}
        />
        <FormFoot sent={sent} action={words.action} cancel={cancel} />
      </Stack>
    </form>
  );
}

function Remove({ close }: { close: () => void }) {
  const client = useQueryClient();
  const [lost, setLost] = useState(false);
  const form = useForm({ initialValues: { code: "" } });
  const sent = useSending({
    form,
    names: { recovery_code: "code" },
    send: ({ code }) =>
      take(api.POST("/totp/remove", { body: lost ? { recovery_code: code.trim() } : { code: code.trim() } })),
    done: async () => {
      close();
      await client.invalidateQueries({ queryKey: secondFactorQuery.queryKey });
      tellDone(words.removeDone);
    },
  });
  return (
    <form onSubmit={sent.onSubmit}>
      <Stack>
        <Text>{words.removeAbout}</Text>
        <TextInput
          label={lost ? words.recovery : words.code}
          inputMode={lost ? "text" : "numeric"}
          autoComplete="one-time-code"
          required
          data-autofocus
          {...form.getInputProps("code")}
        />
        <Anchor component="button" type="button" size="sm" ta="left" onClick={() => setLost(!lost)}>
          {lost ? words.useApp : words.useRecovery}
        </Anchor>
        <FormFoot sent={sent} action={words.removeAction} cancel={close} danger />
      </Stack>
    </form>
  );
}
