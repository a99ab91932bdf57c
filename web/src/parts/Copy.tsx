// Copies a text. In: the text, what it is. Out: a button that says when it was done. Never here: a secret that is not on screen.
import { ActionIcon, Button, Code, Group } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { common } from "../messages/common";

interface CopyProps {
  value: string;
  /** What it is, for who cannot see the button (`request id`). */
  what: string;
}

const SHOWN_MS = 1_500;

/** A small button beside a text. */
export function Copy({ value, what }: CopyProps) {
  const clipboard = useClipboard({ timeout: SHOWN_MS });
  const label = clipboard.copied ? common.copied : common.copyOf(what);
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="sm"
      aria-label={label}
      title={label}
      onClick={() => clipboard.copy(value)}
    >
      {clipboard.copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />}
    </ActionIcon>
  );
}

/** A text with its button. */
export function Copyable({ value, what }: CopyProps) {
  return (
    <Group gap={4} wrap="nowrap" display="inline-flex" maw="100%">
      <Code className="unbroken">{value}</Code>
      <Copy value={value} what={what} />
    </Group>
  );
}

/** A button with words. */
export function CopyButton({ value, what, autoFocus = false }: CopyProps & { autoFocus?: boolean }) {
  const clipboard = useClipboard({ timeout: SHOWN_MS });
  return (
    <Button
      data-autofocus={autoFocus || undefined}
      leftSection={clipboard.copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
      variant={clipboard.copied ? "light" : "filled"}
      onClick={() => clipboard.copy(value)}
    >
      {clipboard.copied ? common.copied : common.copyOf(what)}
    </Button>
  );
}
