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

/** The fields. */
export function PriceFields({ form }: { form: UseFormReturnType<ModelValues> }) {
  const { priceKind, rates } = form.getValues();
  return (
    <Section title={words.price} about={words.priceAbout}>
      <NativeSelect
        label={words.priceKind}
        maw={320}
        data={KINDS.map((value) => ({ value, label: words.priceKinds[value] }))}
        {...form.getInputProps("priceKind")}
      />
      {priceKind === "rates" ? (
        <Stack>
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
          <Pairs
            rows={rates.map((rate, n) => ({
              name: {
                "aria-label": words.rateName(n + 1),
                placeholder: words.rate,
                spellCheck: false,
                ...form.getInputProps(`rates.${n}.name`),
              },
              value: {
                "aria-label": words.ratePrice(n + 1),
                inputMode: "decimal",
                leftSection: "$",
                ...form.getInputProps(`rates.${n}.usd`),
              },
              removal: words.rateRemove(rate.name),
              remove: () => form.removeListItem("rates", n),
            }))}
            add={{
              label: words.rateAdd,
              run: () => form.insertListItem("rates", { name: "", usd: "" }),
              hint: words.rateHint,
            }}
          />
        </Stack>
      ) : null}
    </Section>
  );
}
