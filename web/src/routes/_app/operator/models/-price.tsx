// What a model costs: nothing, by rates, or not known. In: a form. Out: its fields. Never here: a sum, a rounding; texts are sent as typed.
import { ActionIcon, Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { models } from "../../../../messages/catalogueModels";
import { NativeSelect, TextInput } from "../../../../parts/fields";
import { Section } from "../../../../parts/Page";
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
          {rates.map((rate, n) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a rate is its place; its name may be typed anew
            <Group key={n} gap="xs" align="flex-start" wrap="nowrap">
              <TextInput
                flex={1}
                miw={0}
                aria-label={words.rateName(n + 1)}
                placeholder={words.rate}
                spellCheck={false}
                {...form.getInputProps(`rates.${n}.name`)}
              />
              <TextInput
                flex={1}
                miw={0}
                aria-label={words.ratePrice(n + 1)}
                inputMode="decimal"
                leftSection="$"
                {...form.getInputProps(`rates.${n}.usd`)}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                size="lg"
                aria-label={words.rateRemove(rate.name)}
                onClick={() => form.removeListItem("rates", n)}
              >
                <IconTrash size={16} aria-hidden />
              </ActionIcon>
            </Group>
          ))}
          <Group>
            <Button
              variant="default"
              size="xs"
              leftSection={<IconPlus size={14} aria-hidden />}
              onClick={() => form.insertListItem("rates", { name: "", usd: "" })}
            >
              {words.rateAdd}
            </Button>
            <Text size="xs" c="dimmed" className="unbroken">
              {words.rateHint}
            </Text>
          </Group>
        </Stack>
      ) : null}
    </Section>
  );
}
