// What the letter to a new address leads to. A click confirms, not the visit: programs that look at mail open links too.
import { Button, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCircleCheck } from "@tabler/icons-react";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../../lib/api";
import { useSending } from "../../lib/form";
import { useHashToken } from "../../lib/hash";
import { doors } from "../../messages/doors";
import { DoorCard } from "../../parts/DoorCard";
import { FaultNote } from "../../parts/FaultNote";
import { TextInput } from "../../parts/fields";
import { focusAtOnce, LinkButton } from "../../parts/links";

export const Route = createFileRoute("/_door/verify")({ component: Verify });

function Verify() {
  const token = useHashToken();
  const [done, setDone] = useState(false);
  const form = useForm({ mode: "uncontrolled", initialValues: { token } });
  const sent = useSending({
    form,
    send: (body) => take(api.POST("/verify", { body: { token: body.token.trim() } })),
    done: () => setDone(true),
  });
  if (done) {
    return (
      <DoorCard Icon={IconCircleCheck} title={doors.verify.done} about={doors.verify.doneDetail}>
        <LinkButton to="/sign-in" size="md" ref={focusAtOnce}>
          {doors.signIn.title}
        </LinkButton>
      </DoorCard>
    );
  }
  return (
    <DoorCard title={doors.verify.title} about={doors.verify.about}>
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
          <FaultNote fault={sent.fault} fields={sent.strays} />
          <Button type="submit" loading={sent.busy} fullWidth size="md" autoFocus={token !== ""}>
            {doors.verify.action}
          </Button>
        </Stack>
      </form>
    </DoorCard>
  );
}
