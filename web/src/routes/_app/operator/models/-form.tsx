// The form of a model, new or old. In: what it began with. Out: a proposal. Never here: saving (the dialog of the difference does).
import "@mantine/core/styles/SimpleGrid.css";
import { SimpleGrid, Stack } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { type Docs, inForce, type ModelDoc, starterQuery } from "../../../../lib/catalogue";
import { useSending } from "../../../../lib/form";
import { wrongNumber, wrongRest } from "../../../../lib/restFields";
import { change } from "../../../../messages/catalogue";
import { models } from "../../../../messages/catalogueModels";
import { FormFoot } from "../../../../parts/FormFoot";
import { Checkbox, NativeSelect, TextInput } from "../../../../parts/fields";
import { Section } from "../../../../parts/Page";
import { Tags } from "../../../../parts/Tags";
import { making, useChanging } from "../-change";
import { RestField } from "../-rest";
import { PriceFields } from "./-price";
import { RouteFields } from "./-routes";
import { entryOf, KNOWN, type ModelValues, placesOf, valuesOf } from "./-values";

const words = models.form;

interface ModelFormProps {
  /** What it was; null is a new one. */
  base: ModelDoc | null;
  docs: Docs;
  opened: number;
  saved: (version: number, id: string) => unknown;
}

/** The whole form. */
export function ModelForm({ base, docs, opened, saved }: ModelFormProps) {
  const providers = docs.provider.map(({ name }) => name);
  const usual = useQuery(starterQuery).data?.tiers ?? [];
  const form = useForm<ModelValues>({
    initialValues: valuesOf(base, providers[0]),
    validate: {
      id: (id) => (base === null && inForce(docs, "model", id.trim()) ? words.taken : null),
      context: wrongNumber,
      most: wrongNumber,
      routes: { priority: wrongNumber },
      rest: (text) => wrongRest(text, KNOWN),
    },
  });
  const changing = useChanging({ opened, done: (version) => saved(version, form.getValues().id.trim()) });
  const sent = useSending({
    form,
    names: placesOf(form.getValues()),
    send: (values) => {
      const mine = entryOf(values);
      return changing.propose(making([{ of: "model", name: String(mine.id), base, mine }]));
    },
    done: () => undefined,
  });
  return (
    <>
      <form onSubmit={sent.onSubmit} autoComplete="off">
        <Stack gap="lg">
          <RouteFields form={form} providers={providers} />
          <PriceFields form={form} />
          <WhatItIs form={form} fresh={base === null} />
          <Who form={form} tiers={(docs.tier.length > 0 ? docs.tier : usual).map(({ name }) => name)} />
          <FormFoot sent={sent} action={change.look} />
        </Stack>
      </form>
      {changing.dialog}
    </>
  );
}

type Form = UseFormReturnType<ModelValues>;

function WhatItIs({ form, fresh }: { form: Form; fresh: boolean }) {
  const { serves } = form.getValues();
  const choices = <Words extends Record<string, string>>(of: Words) =>
    Object.entries(of).map(([value, label]) => ({ value, label }));
  return (
    <Section title={words.what}>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {fresh ? (
          <TextInput
            label={words.id}
            description={words.idHint}
            required
            maxLength={200}
            spellCheck={false}
            {...form.getInputProps("id")}
          />
        ) : null}
        <TextInput label={words.display} description={words.displayHint} {...form.getInputProps("display_name")} />
        <NativeSelect
          label={words.serves}
          description={words.servesHint}
          data={choices(words.servesAre)}
          {...form.getInputProps("serves")}
        />
        <TextInput label={words.context} inputMode="numeric" required {...form.getInputProps("context")} />
        {serves === "" ? (
          <TextInput label={words.most} inputMode="numeric" required {...form.getInputProps("most")} />
        ) : null}
        <NativeSelect label={words.reasoning} data={choices(words.reasoningAre)} {...form.getInputProps("reasoning")} />
        <TextInput label={words.group} maxLength={64} {...form.getInputProps("group")} />
        <TextInput label={words.label} maxLength={64} {...form.getInputProps("label")} />
      </SimpleGrid>
      <Tags label={words.capabilities} {...form.getInputProps("capabilities")} />
      <Checkbox
        label={words.enabled}
        description={words.enabledHint}
        {...form.getInputProps("enabled", { type: "checkbox" })}
      />
      <RestField {...form.getInputProps("rest")} />
    </Section>
  );
}

function Who({ form, tiers }: { form: Form; tiers: readonly string[] }) {
  return (
    <Section title={words.who}>
      <Tags
        label={words.tiers}
        description={words.tiersHint(tiers.join(", ") || "–")}
        {...form.getInputProps("tiers")}
      />
      <Tags label={words.legacy} description={words.legacyHint} {...form.getInputProps("legacy_names")} />
    </Section>
  );
}
