// Pairs that are typed, one row each: a name and a value, and a way to take the row away. In: rows, what their fields know. Out: fields, and
// a button for another row. Never here: what the pairs are.
import { ActionIcon, Button, Group, Text, type TextInputProps } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { TextInput } from "./fields";

interface PairsProps {
  rows: readonly {
    name: TextInputProps;
    value: TextInputProps;
    /** What the button that takes it away is called. */
    removal: string;
    remove: () => void;
  }[];
  /** What is said below them. */
  below?: ReactNode;
  add: { label: string; run: () => void; hint?: string };
}

/** The rows. */
export function Pairs({ rows, below, add }: PairsProps) {
  return (
    <>
      {rows.map(({ name, value, removal, remove }, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a pair is its place; its name may be typed anew
        <Group key={n} gap="xs" align="flex-start" wrap="nowrap">
          <TextInput flex={1} miw={0} {...name} />
          <TextInput flex={2} miw={0} {...value} />
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={removal} onClick={remove}>
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      {below}
      <Group>
        <Button variant="default" size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={add.run}>
          {add.label}
        </Button>
        {add.hint ? (
          <Text size="xs" c="dimmed" className="unbroken">
            {add.hint}
          </Text>
        ) : null}
      </Group>
    </>
  );
}
