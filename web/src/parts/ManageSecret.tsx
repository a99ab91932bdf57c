// The text of a key or token for the management API, shown once, with a call that tries it. In: the text, the words about it. Out: a dialog.
// Never here: making one.
import { Code, Text } from "@mantine/core";
import { quoted } from "../lib/snippets";
import { Secret } from "./Secret";

interface ManageSecretProps {
  value: string | null;
  done: () => void;
  words: { title: string; about: string; the: string; kept: string; try: string };
}

/** The dialog; there is none without a text. */
export function ManageSecret({ value, done, words }: ManageSecretProps) {
  const line = `curl ${quoted(`${location.origin}/api/manage/whoami`)} \\\n  -H ${quoted(`Authorization: Bearer ${value}`)}`;
  return (
    <Secret title={words.title} about={words.about} value={value} what={words.the} kept={words.kept} done={done}>
      <Text fw={600}>{words.try}</Text>
      <Code block tabIndex={0} style={{ overflow: "auto" }}>
        {line}
      </Code>
    </Secret>
  );
}
