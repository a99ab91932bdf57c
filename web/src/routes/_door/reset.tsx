// What the letter about a password leads to: a new one.
import { Button, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCircleCheck } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../../lib/api";
import { useSending } from "../../lib/form";
import { useHashToken } from "../../lib/hash";
import { leave } from "../../lib/session";
import { doors } from "../../messages/doors";
import { DoorCard } from "../../parts/DoorCard";
import { FaultNote } from "../../parts/FaultNote";
import { PasswordInput, TextInput } from "../../parts/fields";
import { focusAtOnce, LinkButton } from "../../parts/links";

export const Route = createFileRoute("/_door/reset")({ component: Reset });

function Reset() {
  const token = useHashToken();
  const client = useQueryClient();
  const [done, setDone] = useState(false);
  const form = useForm({ mode: "uncontrolled", initialValues: { token, password: "" } });
  const sent = useSending({
    form,
    send: ({ token, password }) => take(api.POST("/password/reset", { body: { token: token.trim(), password } })),
    done: () => {
      leave(client);
      setDone(true);
    },
  });
  if (done) {
    return (
      <DoorCard Icon={IconCircleCheck} title={doors.reset.done} about={doors.reset.doneDetail}>
        <LinkButton to="/sign-in" size="md" ref={focusAtOnce}>
          {doors.signIn.title}
        </LinkButton>
      </DoorCard>
    );
  }
  return (
    <DoorCard title={doors.reset.title} about={doors.reset.about}>
      <form onSubmit={sent.onSubmit}>
        <Stack>
          {token ? null : (
            <TextInput
              label={doors.verify.token}
              description={doors.verify.noToken}
              autoComplete="off"
              required
              key={form.key("token")}
              {...form.getInputProps("token")}
            />
          )}
          <PasswordInput
            label={doors.newPassword}
            description={doors.passwordHint}
            autoComplete="new-password"
            required
            autoFocus
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
          <FaultNote fault={sent.fault} fields={sent.strays} />
          <Button type="submit" loading={sent.busy} fullWidth size="md">
            {doors.reset.action}
          </Button>
        </Stack>
      </form>
    </DoorCard>
  );
}
