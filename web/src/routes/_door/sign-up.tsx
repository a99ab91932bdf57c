// Signing up. The answer is the same whether the address is known or not: the letter tells. Never here: a hint who has an account.
import { Button, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconLock, IconMail } from "@tabler/icons-react";
import { useMutation, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { aboutQuery } from "../../lib/about";
import { api, take } from "../../lib/api";
import { asFault } from "../../lib/fault";
import { useSending } from "../../lib/form";
import { tellNews } from "../../lib/toasts";
import { doors } from "../../messages/doors";
import { DoorCard } from "../../parts/DoorCard";
import { FaultNote } from "../../parts/FaultNote";
import { PasswordInput, TextInput } from "../../parts/fields";
import { LinkAnchor } from "../../parts/links";

export const Route = createFileRoute("/_door/sign-up")({
  loader: ({ context }) => context.client.ensureQueryData(aboutQuery),
  component: SignUp,
});

function SignUp() {
  const about = useSuspenseQuery(aboutQuery).data;
  const [written, setWritten] = useState<string | null>(null);
  if (written) return <Written email={written} />;
  if (about.registration !== "open") return <Shut closed={about.registration === "closed"} />;
  return <Form done={setWritten} />;
}

function Form({ done }: { done: (email: string) => void }) {
  const form = useForm({ mode: "uncontrolled", initialValues: { name: "", email: "", password: "", workspace: "" } });
  const sent = useSending({
    form,
    names: { slug: "workspace" },
    send: ({ workspace, ...body }) =>
      take(api.POST("/register", { body: { ...body, ...(workspace.trim() ? { workspace: workspace.trim() } : {}) } })),
    done: (_, values) => done(values.email),
  });
  return (
    <DoorCard title={doors.signUp.title} about={doors.signUp.about}>
      <form onSubmit={sent.onSubmit}>
        <Stack>
          <TextInput
            label={doors.name}
            autoComplete="name"
            required
            autoFocus
            key={form.key("name")}
            {...form.getInputProps("name")}
          />
          <TextInput
            label={doors.email}
            type="email"
            autoComplete="username"
            required
            key={form.key("email")}
            {...form.getInputProps("email")}
          />
          <PasswordInput
            label={doors.password}
            description={doors.passwordHint}
            autoComplete="new-password"
            required
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
          <TextInput
            label={doors.signUp.workspace}
            description={doors.signUp.workspaceHint}
            autoComplete="organization"
            key={form.key("workspace")}
            {...form.getInputProps("workspace")}
          />
          <FaultNote fault={sent.fault} fields={sent.strays} />
          <Button type="submit" loading={sent.busy} fullWidth size="md">
            {doors.signUp.action}
          </Button>
        </Stack>
      </form>
      <SignInInstead />
    </DoorCard>
  );
}

function SignInInstead() {
  return (
    <Text size="sm">
      {doors.signUp.known}{" "}
      <LinkAnchor to="/sign-in" inherit underline="always">
        {doors.signUp.signIn}
      </LinkAnchor>
    </Text>
  );
}

function Written({ email }: { email: string }) {
  const again = useMutation({
    mutationFn: () => take(api.POST("/verify/mail", { body: { email } })),
    onSuccess: () => tellNews(doors.signUp.againDone),
  });
  return (
    <DoorCard Icon={IconMail} title={doors.signUp.sent} about={doors.signUp.sentDetail(email)}>
      <Stack align="flex-start">
        <Text size="sm">{doors.signUp.sentNothing}</Text>
        <FaultNote fault={again.error ? asFault(again.error) : null} />
        <Button variant="default" loading={again.isPending} onClick={() => again.mutate()}>
          {doors.signUp.again}
        </Button>
        <SignInInstead />
      </Stack>
    </DoorCard>
  );
}

function Shut({ closed }: { closed: boolean }) {
  return (
    <DoorCard
      Icon={IconLock}
      title={closed ? doors.signUp.closed : doors.signUp.invited}
      about={closed ? doors.signUp.closedDetail : doors.signUp.invitedDetail}
    >
      <SignInInstead />
    </DoorCard>
  );
}
