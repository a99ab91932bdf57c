// A question: what follows stands above the button, and a failure below it. Never here: what is done.
import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Question } from "../lib/confirm";
import { asFault } from "../lib/fault";
import { common } from "../messages/common";
import { FaultNote } from "./FaultNote";
import { TextInput } from "./fields";

/** What is in the dialog. */
export default function Asked({ asked, close }: { asked: Question; close: () => void }) {
  const [typed, setTyped] = useState("");
  const doing = useMutation({ mutationFn: asked.run, onSuccess: close });
  const ready = asked.typed === undefined || typed.trim() === asked.typed;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) doing.mutate();
      }}
    >
      <Stack>
        <Text className="unbroken">{asked.consequence}</Text>
        {asked.typed === undefined ? null : (
          <TextInput
            label={
              <>
                {common.typeToConfirm("")}
                <Code>{asked.typed}</Code>
              </>
            }
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
          />
        )}
        <FaultNote fault={doing.error ? asFault(doing.error) : null} />
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={close} disabled={doing.isPending}>
            {common.cancel}
          </Button>
          <Button
            type="submit"
            color={asked.danger === false ? "toll" : "red"}
            loading={doing.isPending}
            disabled={!ready}
          >
            {asked.action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
