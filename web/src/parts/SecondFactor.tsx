// The second step of a sign-in: a code of the app, or one for recovery. In: half a session. Out: a whole one.
import { Anchor, Button, Group, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../lib/api";
import { useSending } from "../lib/form";
import { leave, type Session } from "../lib/session";
import { useSignOut } from "../lib/signOut";
import { doors } from "../messages/doors";
import { DoorCard } from "./DoorCard";
import { FaultNote } from "./FaultNote";
import { TextInput } from "./fields";

/** The form. */
export function SecondFactor({ session, arrive }: { session: Session; arrive: (session: Session) => void }) {
  const [lost, setLost] = useState(false);
  const client = useQueryClient();
  const signOut = useSignOut();
  const form = useForm({ mode: "uncontrolled", initialValues: { code: "" } });
  const sent = useSending({
    form,
    names: { recovery_code: "code" },
    send: async ({ code }) => {
      try {
        return await take(
          api.POST("/session/code", {
            body: lost ? { recovery_code: code.trim() } : { code: code.trim() },
          }),
        );
      } catch (thrown) {
        form.reset();
        throw thrown;
      }
    },
    done: arrive,
  });
  // After too many codes the half session is over: from the start then.
  const over = sent.fault?.code === "sign_in_ended" || sent.fault?.code === "unauthorized";
  return (
    <DoorCard title={doors.second.title} about={session.user.email}>
      <form onSubmit={sent.onSubmit}>
        <Stack>
          <TextInput
            key={`${form.key("code")}${lost}`}
            {...form.getInputProps("code")}
            label={lost ? doors.second.recovery : doors.second.code}
            description={lost ? doors.second.recoveryHint : doors.second.codeHint}
            inputMode={lost ? "text" : "numeric"}
            autoComplete="one-time-code"
            required
            autoFocus
            disabled={over}
          />
          <FaultNote fault={sent.fault} fields={sent.strays} />
          {over ? (
            <Button onClick={() => leave(client)} fullWidth size="md">
              {doors.signIn.title}
            </Button>
          ) : (
            <Button type="submit" loading={sent.busy} fullWidth size="md">
              {doors.second.action}
            </Button>
          )}
        </Stack>
      </form>
      <Group justify="space-between">
        <Anchor component="button" type="button" size="sm" onClick={() => setLost(!lost)}>
          {lost ? doors.second.useApp : doors.second.useRecovery}
        </Anchor>
        <Anchor component="button" type="button" size="sm" onClick={signOut}>
          {doors.second.other}
        </Anchor>
      </Group>
    </DoorCard>
  );
}
