// The same call as code. In: a body. Out: text to copy.
import { Code, Group } from "@mantine/core";
import { useState } from "react";
import { codeOf, LANGUAGES, type Language } from "../../../../lib/chatCode";
import { playground } from "../../../../messages/playground";
import { Choice } from "../../../../parts/Choice";
import { CopyButton } from "../../../../parts/Copy";
import { Section } from "../../../../parts/Page";
import classes from "./playground.module.css";

const words = playground.code;

/** A language, the code, and a button that copies it. */
export function AsCode({ base, body }: { base: string; body: Record<string, unknown> }) {
  const [language, setLanguage] = useState<Language>("curl");
  const text = codeOf(language, base, body);
  return (
    <Section title={words.title} about={words.about}>
      <Group justify="space-between">
        <Choice
          label={words.language}
          value={language}
          options={LANGUAGES.map((value) => ({ value, label: words.languages[value] }))}
          onChange={setLanguage}
        />
        <CopyButton value={text} what={words.what} />
      </Group>
      <Code block tabIndex={0} className={classes.code}>
        {text}
      </Code>
    </Section>
  );
}
