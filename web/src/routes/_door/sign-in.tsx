// Signing in: an address and a password, then a code where there is a second factor. Never here: who is known (the server tells nobody).
import { Button, Group, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, redirect, useRouter } from "@tanstack/react-router";
import { aboutQuery } from "../../lib/about";
import { api, take } from "../../lib/api";
import { useSending } from "../../lib/form";
import { nextOf } from "../../lib/search";
import { enter, isWhole, type Session, safeNext, sessionQuery } from "../../lib/session";
import { tellNews } from "../../lib/toasts";
import { doors } from "../../messages/doors";
import { DoorCard } from "../../parts/DoorCard";
import { FaultNote } from "../../parts/FaultNote";
import { PasswordInput, TextInput } from "../../parts/fields";
import { LinkAnchor } from "../../parts/links";
import { SecondFactor } from "../../parts/SecondFactor";

export const Route = createFileRoute("/_door/sign-in")({
  validateSearch: nextOf,
  beforeLoad: async ({ context, search }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (isWhole(session)) throw redirect({ href: safeNext(search.next) });
  },
  loader: ({ context }) => context.client.ensureQueryData(aboutQuery),
  component: SignIn,
});

function SignIn() {
  const client = useQueryClient();
  const router = useRouter();
  const { next } = Route.useSearch();
  const session = useSuspenseQuery(sessionQuery).data;
  const arrive = (opened: Session) => {
    enter(client, opened);
    if (isWhole(opened)) router.history.push(safeNext(next));
  };
  if (session && !isWhole(session)) return <SecondFactor session={session} arrive={arrive} />;
  return <Password arrive={arrive} />;
}

function Password({ arrive }: { arrive: (session: Session) => void }) {
  const form = useForm({ mode: "uncontrolled", initialValues: { email: "", password: "" } });
  const sent = useSending({ form, send: (body) => take(api.POST("/session", { body })), done: arrive });
  return (
    <DoorCard title={doors.signIn.title} about={doors.signIn.about}>
      <form onSubmit={sent.onSubmit}>
        <Stack>
          <TextInput
            label={doors.email}
            type="email"
            autoComplete="username"
            required
            autoFocus
            key={form.key("email")}
            {...form.getInputProps("email")}
          />
          <PasswordInput
            label={doors.password}
            autoComplete="current-password"
            required
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
          <FaultNote fault={sent.fault} fields={sent.strays} />
          {sent.fault?.code === "address_not_verified" ? <AnotherLetter email={form.getValues().email} /> : null}
          <Button type="submit" loading={sent.busy} fullWidth size="md">
            {doors.signIn.action}
          </Button>
        </Stack>
      </form>
      <Ways />
    </DoorCard>
  );
}

function Ways() {
  const about = useSuspenseQuery(aboutQuery).data;
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <LinkAnchor to="/forgot" size="sm">
          {doors.signIn.forgotten}
        </LinkAnchor>
        {about.registration === "open" ? (
          <Text size="sm">
            {doors.signIn.noAccount}{" "}
            <LinkAnchor to="/sign-up" inherit underline="always">
              {doors.signIn.signUp}
            </LinkAnchor>
          </Text>
        ) : null}
      </Group>
      {about.setup_needed ? (
        <Text size="sm">
          {doors.signIn.setup}{" "}
          <LinkAnchor to="/setup" inherit underline="always">
            {doors.signIn.setupLink}
          </LinkAnchor>
        </Text>
      ) : null}
    </Stack>
  );
}

function AnotherLetter({ email }: { email: string }) {
  const asking = useMutation({
    mutationFn: () => take(api.POST("/verify/mail", { body: { email } })),
    onSuccess: () => tellNews(doors.signIn.unverifiedSent),
  });
  return (
    <Button variant="default" loading={asking.isPending} onClick={() => asking.mutate()}>
      {doors.signIn.unverified}
    </Button>
  );
}
