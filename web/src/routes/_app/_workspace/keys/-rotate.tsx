// Gives a key a new text, with an overlap of one's choice, and shows it once.
import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../../../lib/api";
import { asFault } from "../../../../lib/fault";
import type { Key, NewKey } from "../../../../lib/keys";
import { common } from "../../../../messages/common";
import { keys } from "../../../../messages/keys";
import { Dialog } from "../../../../parts/Dialog";
import { FaultNote } from "../../../../parts/FaultNote";
import { NativeSelect } from "../../../../parts/fields";
import { KeySecret } from "./-secret";

const USUAL = "86400";

interface RotateProps {
  of: Key;
  opened: boolean;
  close: () => void;
}

/** The dialog. */
export function Rotate({ of: key, opened, close }: RotateProps) {
  const client = useQueryClient();
  const [grace, setGrace] = useState<string>(USUAL);
  const [made, setMade] = useState<NewKey | null>(null);
  const rotating = useMutation({
    mutationFn: () => {
      const params = { path: { workspace: key.workspace, key: key.id } };
      const body = { grace_seconds: Number(grace) };
      return take(api.POST("/workspaces/{workspace}/keys/{key}/rotate", { params, body }));
    },
    onSuccess: (told) => {
      setMade(told);
      close();
      return client.invalidateQueries({ queryKey: ["keys"] });
    },
  });
  return (
    <>
      <Dialog opened={opened} close={close} title={keys.rotate.title(key.name)}>
        <Stack>
          <Text>{keys.rotate.about}</Text>
          <NativeSelect
            label={keys.rotate.grace}
            data={Object.entries(keys.rotate.graces).map(([value, label]) => ({ value, label }))}
            value={grace}
            onChange={(event) => setGrace(event.currentTarget.value)}
            data-autofocus
          />
          <Text size="sm" c="dimmed">
            {grace === "0" ? keys.rotate.atOnce : keys.rotate.overlap}
          </Text>
          <FaultNote fault={rotating.error ? asFault(rotating.error) : null} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close} disabled={rotating.isPending}>
              {common.cancel}
            </Button>
            <Button loading={rotating.isPending} onClick={() => rotating.mutate()}>
              {keys.rotate.action}
            </Button>
          </Group>
        </Stack>
      </Dialog>
      <KeySecret made={made} done={() => setMade(null)} />
    </>
  );
}
