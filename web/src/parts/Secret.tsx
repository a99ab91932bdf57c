// A secret that is shown once. In: the secret, what it is called. Out: a dialog that no stray key or click closes, with a button that
// copies and a tick before the way out. Never here: keeping it anywhere.
import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";
import { useBlocker } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { common } from "../messages/common";
import { CopyButton } from "./Copy";
import { Dialog } from "./Dialog";
import { Checkbox } from "./fields";
import classes from "./Secret.module.css";

interface SecretProps {
  title: string;
  about: string;
  /** The secret, or several; nothing shows no dialog. */
  value: string | null;
  /** What it is (`key`). */
  what: string;
  /** What the tick says. */
  kept: string;
  /** More buttons beside the one that copies. */
  actions?: ReactNode;
  children?: ReactNode;
  done: () => void;
}

/** The dialog. */
export function Secret({ value, done, title, ...rest }: SecretProps) {
  useBlocker({ shouldBlockFn: () => true, enableBeforeUnload: true, disabled: value === null });
  return (
    <Dialog opened={value !== null} close={() => undefined} held look="wide" title={title}>
      {value ? <Shown value={value} done={done} {...rest} /> : null}
    </Dialog>
  );
}

function Shown({ about, value, what, kept, actions, children, done }: Omit<SecretProps, "title"> & { value: string }) {
  const [ticked, setTicked] = useState(false);
  return (
    <Stack>
      <Alert color="yellow" variant="light" icon={<IconEye size={18} aria-hidden />}>
        <Text size="sm">{about}</Text>
      </Alert>
      <Code block className={classes.value} data-testid="secret">
        {value}
      </Code>
      <Group gap="xs">
        <CopyButton value={value} what={what} autoFocus />
        {actions}
      </Group>
      {children}
      <Group justify="space-between" mt="xs">
        <Checkbox label={kept} checked={ticked} onChange={(event) => setTicked(event.currentTarget.checked)} />
        <Button disabled={!ticked} onClick={done}>
          {common.done}
        </Button>
      </Group>
    </Stack>
  );
}
