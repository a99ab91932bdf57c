// The form of a key, new or old: what it may spend, call, and from where. Nothing is needed but the name. In: values. Out: values to
// send. Never here: what is done with the answer.
import "@mantine/core/styles/SimpleGrid.css";
import { Button, Group, SimpleGrid, Stack } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useState } from "react";
import type { Sent } from "../../../../lib/form";
import { isAmount, type KeyValues, SCOPES } from "../../../../lib/keyRules";
import { fieldInstant, typedInstant, zoneOf } from "../../../../lib/time";
import { common } from "../../../../messages/common";
import { keys } from "../../../../messages/keys";
import { FaultNote } from "../../../../parts/FaultNote";
import { Checkbox, NativeSelect, TextInput } from "../../../../parts/fields";
import { LinkButton } from "../../../../parts/links";
import { Section } from "../../../../parts/Page";
import { Pairs } from "../../../../parts/Pairs";
import { Tags } from "../../../../parts/Tags";

type KeyForm = UseFormReturnType<KeyValues>;

const words = keys.form;

/** A form with these values. `old` is the end that the key has: it may lie in the past and stay. */
export function useKeyForm(initialValues: KeyValues): KeyForm {
  const amount = (typed: string) => (isAmount(typed) ? null : words.wrongAmount);
  return useForm<KeyValues>({
    initialValues,
    validate: {
      day: amount,
      month: amount,
      total: amount,
      rate: (typed) => (/^([1-9]\d*)?$/.test(typed.trim()) ? null : words.wrongRate),
      expires: (typed) => {
        const at = typedInstant(typed);
        const stays = typed === initialValues.expires;
        return typed === "" || stays || (at && Date.parse(at) > Date.now()) ? null : words.wrongEnd;
      },
    },
  });
}

interface FieldsProps {
  form: KeyForm;
  sent: Sent;
  action: string;
}

/** The fields, and the button. */
export function KeyFields({ form, sent, action }: FieldsProps) {
  return (
    <form onSubmit={sent.onSubmit} noValidate={false}>
      <Stack gap="lg">
        <Basics form={form} />
        <Caps form={form} />
        <Restrictions form={form} />
        <Places form={form} />
        <Metadata form={form} />
        <FaultNote fault={sent.fault} fields={sent.strays} />
        <Group justify="flex-end">
          <LinkButton to="/keys" variant="default">
            {common.cancel}
          </LinkButton>
          <Button type="submit" loading={sent.busy}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Basics({ form }: { form: KeyForm }) {
  return (
    <Section title={words.basics}>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label={words.name}
          description={words.nameHint}
          required
          autoFocus
          maxLength={100}
          data-keeps-focus
          {...form.getInputProps("name")}
        />
        <TextInput
          label={words.environment}
          description={words.environmentHint}
          maxLength={40}
          {...form.getInputProps("environment")}
        />
        <End form={form} />
      </SimpleGrid>
    </Section>
  );
}

const DAY_MS = 86_400_000;
const SPANS = { week: 7, month: 30, quarter: 90 } as const;

function End({ form }: { form: KeyForm }) {
  const [span, setSpan] = useState<string>(form.getValues().expires ? "at" : "never");
  const choose = (next: string) => {
    const days = SPANS[next as keyof typeof SPANS];
    setSpan(next);
    if (next === "never") form.setFieldValue("expires", "");
    else if (days) form.setFieldValue("expires", fieldInstant(new Date(Date.now() + days * DAY_MS).toISOString()));
  };
  return (
    <>
      <NativeSelect
        label={words.ends}
        data={Object.entries(words.endsChoices).map(([value, label]) => ({ value, label }))}
        value={span}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {span === "never" ? null : (
        <TextInput
          type="datetime-local"
          label={words.endsAt(zoneOf(form.getValues().expires))}
          required
          {...form.getInputProps("expires")}
          onChange={(event) => {
            setSpan("at");
            form.setFieldValue("expires", event.currentTarget.value);
          }}
        />
      )}
    </>
  );
}

function Caps({ form }: { form: KeyForm }) {
  return (
    <Section title={words.caps} about={words.capsAbout}>
      <SimpleGrid cols={{ base: 1, xs: 3 }}>
        {(["day", "month", "total"] as const).map((span) => (
          <TextInput
            key={span}
            label={words[span]}
            placeholder={words.noCap}
            inputMode="decimal"
            leftSection="$"
            {...form.getInputProps(span)}
          />
        ))}
      </SimpleGrid>
    </Section>
  );
}

function Restrictions({ form }: { form: KeyForm }) {
  return (
    <Section title={words.restrict} about={words.restrictAbout}>
      <Tags label={words.models} description={words.modelsHint} {...form.getInputProps("models")} />
      <Checkbox.Group label={words.scopes} description={words.scopesHint} {...form.getInputProps("scopes")}>
        <Stack gap="xs" mt="xs">
          {SCOPES.map((scope) => (
            <Checkbox key={scope} value={scope} label={words.scopeNames[scope]} />
          ))}
        </Stack>
      </Checkbox.Group>
      <TextInput label={words.fallback} description={words.fallbackHint} {...form.getInputProps("fallback")} />
    </Section>
  );
}

function Places({ form }: { form: KeyForm }) {
  return (
    <Section title={words.from}>
      <Tags label={words.addresses} description={words.addressesHint} {...form.getInputProps("addresses")} />
      <TextInput
        label={words.rate}
        description={words.rateHint}
        inputMode="numeric"
        maw={240}
        {...form.getInputProps("rate")}
      />
    </Section>
  );
}

function Metadata({ form }: { form: KeyForm }) {
  const pairs = form.getValues().metadata;
  return (
    <Section title={words.metadata} about={words.metadataAbout}>
      <Pairs
        rows={pairs.map((pair, n) => ({
          name: {
            "aria-label": `${words.metadataName} ${n + 1}`,
            placeholder: words.metadataName,
            ...form.getInputProps(`metadata.${n}.name`),
          },
          value: {
            "aria-label": `${words.metadataValue} ${n + 1}`,
            placeholder: words.metadataValue,
            ...form.getInputProps(`metadata.${n}.value`),
          },
          removal: words.metadataRemove(pair.name),
          remove: () => form.removeListItem("metadata", n),
        }))}
        below={<FieldError form={form} field="metadata" />}
        add={{ label: words.metadataAdd, run: () => form.insertListItem("metadata", { name: "", value: "" }) }}
      />
    </Section>
  );
}

function FieldError({ form, field }: { form: KeyForm; field: string }) {
  const error = form.errors[field];
  return error ? (
    <div role="alert" style={{ color: "var(--mantine-color-error)" }}>
      {error}
    </div>
  ) : null;
}
