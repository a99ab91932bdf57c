// Models of a new provider, chosen from what it lists, each with the name and the price that it is sold for. In: names there, what is known of
// them. Out: the chosen ones. Never here: a model that is made of it.
import "@mantine/core/styles/SimpleGrid.css";
import { Alert, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState } from "react";
import type { Docs } from "../../../../lib/catalogue";
import { count } from "../../../../lib/figures";
import { found } from "../../../../lib/house";
import { wizard as words } from "../../../../messages/catalogueWizard";
import { Checkbox, TextInput } from "../../../../parts/fields";
import type { Chosen, WizardValues } from "./-wizard";

const SHOWN_MAX = 50;

interface PickProps {
  form: UseFormReturnType<WizardValues>;
  docs: Docs;
  /** Names there. */
  listed: readonly string[];
  /** A model as it is known to begin with. */
  known: (upstream: string) => Chosen;
}

/** The list, and the fields of what was chosen. */
export function Pick({ form, docs, listed, known }: PickProps) {
  const [q, type] = useState("");
  const { chosen } = form.getValues();
  const rows = found(listed, q, (name) => [name]);
  const shown = rows.shown.slice(0, SHOWN_MAX);
  const toggle = (upstream: string) => {
    const at = chosen.findIndex((one) => one.upstream === upstream);
    if (at < 0) form.insertListItem("chosen", known(upstream));
    else form.removeListItem("chosen", at);
  };
  return (
    <Stack>
      <TextInput
        type="search"
        label={words.filter}
        maw={360}
        value={q}
        spellCheck={false}
        onChange={(event) => type(event.currentTarget.value)}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xs" verticalSpacing="xs">
        {shown.map((upstream) => (
          <Checkbox
            key={upstream}
            label={<span className="unbroken">{upstream}</span>}
            aria-label={words.choose(upstream)}
            checked={chosen.some((one) => one.upstream === upstream)}
            onChange={() => toggle(upstream)}
          />
        ))}
      </SimpleGrid>
      {shown.length < rows.many ? (
        <Text size="sm" c="dimmed" role="status">
          {words.shown(count(shown.length), count(rows.many))}
        </Text>
      ) : null}
      {chosen.length > 0 ? (
        <Alert color="yellow" icon={<IconAlertTriangle size={18} aria-hidden />}>
          {words.priceCheck}
        </Alert>
      ) : null}
      {chosen.map((one, n) => (
        <Sold key={one.upstream} form={form} docs={docs} n={n} />
      ))}
    </Stack>
  );
}

function Sold({ form, docs, n }: { form: UseFormReturnType<WizardValues>; docs: Docs; n: number }) {
  const one = form.getValues().chosen[n];
  if (!one) return null;
  const isSold = docs.model.some(({ id }) => id === one.id.trim());
  const field = (name: "id" | "input" | "output" | "context" | "most") => ({
    label: words[name],
    ...form.getInputProps(`chosen.${n}.${name}`),
  });
  return (
    <Paper withBorder p="md" component="fieldset" aria-label={one.upstream}>
      <Stack gap="sm">
        <Text fw={600} className="unbroken">
          {one.upstream}
        </Text>
        <SimpleGrid cols={{ base: 1, xs: 2, md: isSold ? 2 : 3 }}>
          <TextInput {...field("id")} required spellCheck={false} />
          {isSold ? null : (
            <>
              <TextInput {...field("input")} inputMode="decimal" />
              <TextInput {...field("output")} inputMode="decimal" />
              <TextInput {...field("context")} inputMode="numeric" required />
              <TextInput {...field("most")} inputMode="numeric" required />
            </>
          )}
        </SimpleGrid>
        {isSold ? (
          <Text size="sm" c="dimmed">
            {words.isRoute}
          </Text>
        ) : null}
        {!isSold && one.input.trim() === "" ? (
          <Text size="sm" c="dimmed">
            {words.unpriced}
          </Text>
        ) : null}
      </Stack>
    </Paper>
  );
}
