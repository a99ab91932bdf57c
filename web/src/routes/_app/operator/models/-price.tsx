// What a model costs: nothing, by rates, or not known. In: a form. Out: its fields. Never here: a sum, a rounding; texts are sent as typed.
import { SimpleGrid, Stack } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { models } from "../../../../messages/catalogueModels";
import { NativeSelect, TextInput } from "../../../../parts/fields";
import { Section } from "../../../../parts/Page";
import { Pairs } from "../../../../parts/Pairs";
import type { ModelValues } from "./-values";

const words = models.form;
const KINDS = ["rates", "free", "none"] as const;

type Form = UseFormReturnType<ModelValues>;

/** The fields. */
export function PriceFields({ form }: { form: Form }) {
  return (
    <Section title={words.price} about={words.priceAbout}>
      <NativeSelect
        label={words.priceKind}
        maw={320}
        data={KINDS.map((value) => ({ value, label: words.priceKinds[value] }))}
        {...form.getInputProps("priceKind")}
      />
      {form.getValues().priceKind === "rates" ? (
        <Stack>
          <UsualRates form={form} />
          <FurtherRates form={form} />
        </Stack>
      ) : null}
    </Section>
  );
}

/** The rates that nearly every model has. */
function UsualRates({ form }: { form: Form }) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }}>
      {(["input", "output", "cached"] as const).map((name) => (
        <TextInput
          key={name}
          label={words[name]}
          {...(name === "cached" ? { placeholder: words.cachedHint } : {})}
          inputMode="decimal"
          leftSection="$"
          {...form.getInputProps(name)}
        />
      ))}
    </SimpleGrid>
  );
}

/** Any other rate, by its name. */
function FurtherRates({ form }: { form: Form }) {
  const rows = form.getValues().rates.map((rate, n) => ({
    name: {
      "aria-label": words.rateName(n + 1),
      placeholder: words.rate,
      spellCheck: false,
      ...form.getInputProps(`rates.${n}.name`),
    },
    value: {
      "aria-label": words.ratePrice(n + 1),
      inputMode: "decimal" as const,
      leftSection: "$",
      ...form.getInputProps(`rates.${n}.usd`),
    },
    removal: words.rateRemove(rate.name),
    remove: () => form.removeListItem("rates", n),
  }));
  const run = () => form.insertListItem("rates", { name: "", usd: "" });
  return <Pairs rows={rows} add={{ label: words.rateAdd, run, hint: words.rateHint }} />;
}
