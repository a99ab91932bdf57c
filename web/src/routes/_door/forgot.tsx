// Asks for a letter that sets a new password. Never here: whether the address is known.
import { Button, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconMail } from "@tabler/icons-react";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../../lib/api";
import { useSending } from "../../lib/form";
import { doors } from "../../messages/doors";
import { DoorCard } from "../../parts/DoorCard";
import { FaultNote } from "../../parts/FaultNote";
import { TextInput } from "../../parts/fields";
import { LinkAnchor } from "../../parts/links";

export const Route = createFileRoute("/_door/forgot")({ component: Forgot });

function Forgot() {
  const [written, setWritten] = useState<string | null>(null);
  const form = useForm({ mode: "uncontrolled", initialValues: { email: "" } });
  const sent = useSending({
    form,
    send: (body) => take(api.POST("/password/forgotten", { body })),
    done: (_, values) => setWritten(values.email),
  });
  const back = (
    <LinkAnchor to="/sign-in" size="sm">
      {doors.forgot.back}
    </LinkAnchor>
  );
  if (written) {
    return (
      <DoorCard Icon={IconMail} title={doors.forgot.sent} about={doors.forgot.sentDetail(written)}>
        {back}
      </DoorCard>
    );
  }
  return (
    <DoorCard title={doors.forgot.title} about={doors.forgot.about}>
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
          <FaultNote fault={sent.fault} fields={sent.strays} />
          <Button type="submit" loading={sent.busy} fullWidth size="md">
            {doors.forgot.action}
          </Button>
        </Stack>
      </form>
      {back}
    </DoorCard>
  );
}
