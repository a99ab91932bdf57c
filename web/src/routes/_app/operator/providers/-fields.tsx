// The fields of a provider. In: a form. Out: its parts. Never here: what is done with it.
import "@mantine/core/styles/SimpleGrid.css";
import { Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus } from "@tabler/icons-react";
import { providers as words } from "../../../../messages/catalogueProviders";
import { Checkbox, NativeSelect, PasswordInput, TextInput } from "../../../../parts/fields";
import { KINDS, type ProviderValues } from "./-values";

const fields = words.form;

interface FormProps {
  form: UseFormReturnType<ProviderValues>;
}

/** Kind and address, and the name of a new one. */
export function Where({ form, fresh }: FormProps & { fresh: boolean }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      {fresh ? (
        <TextInput
          label={fields.name}
          description={fields.nameHint}
          required
          maxLength={64}
          spellCheck={false}
          {...form.getInputProps("name")}
        />
      ) : null}
      <NativeSelect
        label={fields.kind}
        description={fields.kindHint}
        data={KINDS.map((value) => ({ value, label: words.kinds[value] }))}
        {...form.getInputProps("kind")}
      />
      <TextInput
        label={fields.address}
        description={fields.addressHint}
        required
        type="url"
        spellCheck={false}
        {...form.getInputProps("base_url")}
      />
    </SimpleGrid>
  );
}

/** Credentials, written and never read. */
export function Secrets({ form, stored, fresh }: FormProps & { stored: number; fresh: boolean }) {
  const { credentials, takeAway } = form.getValues();
  return (
    <Stack gap="sm" maw={480}>
      <Text size="sm">{fields.secretAbout(stored)}</Text>
      {credentials.map((_, n) => (
        <PasswordInput
          // biome-ignore lint/suspicious/noArrayIndexKey: a credential is its place
          key={n}
          label={fields.credential(n + 1)}
          {...(n === 0 ? { description: fields.keyless } : {})}
          autoComplete="off"
          disabled={takeAway}
          {...form.getInputProps(`credentials.${n}`)}
        />
      ))}
      <Group>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => form.insertListItem("credentials", "")}
        >
          {fields.another}
        </Button>
      </Group>
      {fresh || stored === 0 ? null : (
        <Checkbox label={fields.takeAway} {...form.getInputProps("takeAway", { type: "checkbox" })} />
      )}
    </Stack>
  );
}
