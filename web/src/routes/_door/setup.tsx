// The first set-up: a token from the machine makes the first operator.
import { Button, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCircleCheck, IconLock } from "@tabler/icons-react";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { aboutQuery } from "../../lib/about";
import { api, take } from "../../lib/api";
import { useSending } from "../../lib/form";
import { useHashToken } from "../../lib/hash";
import { doors } from "../../messages/doors";
import { DoorCard } from "../../parts/DoorCard";
import { FaultNote } from "../../parts/FaultNote";
import { PasswordInput, TextInput } from "../../parts/fields";
import { focusAtOnce, LinkButton } from "../../parts/links";

export const Route = createFileRoute("/_door/setup")({
  loader: ({ context }) => context.client.fetchQuery({ ...aboutQuery, staleTime: 0 }),
  component: Setup,
});

function Setup() {
  const about = useSuspenseQuery(aboutQuery).data;
  const [done, setDone] = useState(false);
  if (done) return <Ended Icon={IconCircleCheck} title={doors.setup.done} about={doors.setup.doneDetail} />;
  if (about.setup_needed) return <Form done={() => setDone(true)} />;
  return <Ended Icon={IconLock} title={doors.setup.notNeeded} about={doors.setup.notNeededDetail} />;
}

function Ended(props: { Icon: typeof IconLock; title: string; about: string }) {
  return (
    <DoorCard {...props}>
      <LinkButton to="/sign-in" size="md" ref={focusAtOnce}>
        {doors.signIn.title}
      </LinkButton>
    </DoorCard>
  );
}

function Form({ done }: { done: () => void }) {
  const client = useQueryClient();
  const token = useHashToken();
  const form = useForm({ mode: "uncontrolled", initialValues: { token, name: "", email: "", password: "" } });
  const sent = useSending({
    form,
    send: (body) => take(api.POST("/setup", { body: { ...body, token: body.token.trim() } })),
    done: () => {
      done();
      return client.invalidateQueries({ queryKey: aboutQuery.queryKey });
    },
  });
  return (
    <DoorCard title={doors.setup.title} about={doors.setup.about}>
      <form onSubmit={sent.onSubmit}>
        <Stack>
          <TextInput
            label={doors.setup.token}
            description={doors.setup.tokenHint}
            autoComplete="off"
            spellCheck={false}
            required
            autoFocus={token === ""}
            key={form.key("token")}
            {...form.getInputProps("token")}
          />
          <TextInput
            label={doors.name}
            autoComplete="name"
            required
            autoFocus={token !== ""}
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
          <FaultNote fault={sent.fault} fields={sent.strays} />
          <Button type="submit" loading={sent.busy} fullWidth size="md">
            {doors.setup.action}
          </Button>
        </Stack>
      </form>
    </DoorCard>
  );
}
