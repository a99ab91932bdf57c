// The fields of a provider. In: a form. Out: its parts. Never here: what is done with it.
import "@mantine/core/styles/SimpleGrid.css";
import { ActionIcon, Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { providers as words } from "../../../../messages/catalogue";
import { Checkbox, NativeSelect, PasswordInput, TextInput } from "../../../../parts/fields";
import { Section } from "../../../../parts/Page";
import { RestField } from "../-rest";
import { AUTHS, KINDS, type ProviderValues } from "./-values";

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

/** What few providers want otherwise. */
export function Seldom({ form }: FormProps) {
  return (
    <>
      <Headers form={form} />
      <Section title={fields.timeouts} about={fields.timeoutsAbout}>
        <SimpleGrid cols={{ base: 1, xs: 3 }}>
          {(["firstByte", "idle", "total"] as const).map((name) => (
            <TextInput key={name} label={fields[name]} inputMode="numeric" {...form.getInputProps(name)} />
          ))}
        </SimpleGrid>
        <NativeSelect
          label={fields.auth}
          maw={320}
          data={[{ value: "", label: fields.authUsual }, ...AUTHS.map((value) => ({ value, label: value }))]}
          {...form.getInputProps("auth")}
        />
        <RestField {...form.getInputProps("rest")} />
      </Section>
    </>
  );
}

function Headers({ form }: FormProps) {
  const error = form.errors.headers;
  return (
    <Section title={fields.headers} about={fields.headersAbout}>
      {form.getValues().headers.map((header, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a header is its place; its name may be typed anew
        <Group key={n} gap="xs" align="flex-end" wrap="nowrap">
          <TextInput
            flex={1}
            miw={0}
            aria-label={`${fields.headerName} ${n + 1}`}
            placeholder={fields.headerName}
            {...form.getInputProps(`headers.${n}.name`)}
          />
          <TextInput
            flex={2}
            miw={0}
            aria-label={`${fields.headerValue} ${n + 1}`}
            placeholder={fields.headerValue}
            {...form.getInputProps(`headers.${n}.value`)}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={fields.headerRemove(header.name)}
            onClick={() => form.removeListItem("headers", n)}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      {error ? (
        <Text role="alert" size="sm" c="var(--mantine-color-error)">
          {error}
        </Text>
      ) : null}
      <Group>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => form.insertListItem("headers", { name: "", value: "" })}
        >
          {fields.headerAdd}
        </Button>
      </Group>
    </Section>
  );
}
