// The form of a tier, new or old. In: what it was, which names there are. Out: a change. Never here: saving (the dialog of the difference
// does), where none is named yet (the page).
import "@mantine/core/styles/SimpleGrid.css";
import { SimpleGrid, Stack } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import type { Change, Docs, Entry, TierDoc } from "../../../lib/catalogue";
import { useSending } from "../../../lib/form";
import { full, numberOf, wrongNumber } from "../../../lib/restFields";
import { change } from "../../../messages/catalogue";
import { tiers } from "../../../messages/catalogueTiers";
import { FormFoot } from "../../../parts/FormFoot";
import { Checkbox, NativeSelect, TextInput } from "../../../parts/fields";

const words = tiers.form;
const WHENS = ["free", "balance", "plan"] as const;

/** Where each number of the form stands in the document. */
const NUMBERS = {
  minute: "requests_per_minute",
  concurrent: "concurrent",
  day: "requests_per_day",
  tokens: "tokens_per_minute",
  queueMs: "fair_use.queue_ms_max",
  queued: "fair_use.queued_max",
} as const;

type NumberName = keyof typeof NUMBERS;

type TierValues = Record<NumberName | "name" | "when", string> & { fair: boolean };

type Form = UseFormReturnType<TierValues>;

interface TierFormProps {
  /** What it was; null is a new one. */
  base: TierDoc | null;
  docs: Docs;
  names: readonly string[];
  propose: (change: Change) => Promise<unknown>;
  close: () => void;
}

/** The form. */
export function TierForm({ base, docs, names, propose, close }: TierFormProps) {
  const form = useForm<TierValues>({
    initialValues: valuesOf(base),
    validate: {
      name: (name) => (base === null && names.includes(name.trim()) ? words.taken : null),
      minute: wrongNumber,
      concurrent: wrongNumber,
      day: wrongNumber,
      tokens: wrongNumber,
      queueMs: wrongNumber,
      queued: wrongNumber,
    },
  });
  const sent = useSending({
    form,
    names: placesAt(placeOf(docs, form.getValues().name.trim(), names, base === null)),
    send: (typed) => propose({ of: "tier", name: typed.name.trim(), base, mine: entryOf(typed) }),
    done: () => undefined,
  });
  return (
    <form onSubmit={sent.onSubmit} autoComplete="off">
      <Stack>
        <WhoIsIn form={form} fresh={base === null} />
        <Numbers form={form} names={["minute", "concurrent", "day", "tokens"]} />
        <Checkbox label={words.fair} {...form.getInputProps("fair", { type: "checkbox" })} />
        {form.getValues().fair ? <Numbers form={form} names={["queueMs", "queued"]} /> : null}
        <FormFoot sent={sent} action={change.look} cancel={close} />
      </Stack>
    </form>
  );
}

/** What it is called, and which accounts are in it. */
function WhoIsIn({ form, fresh }: { form: Form; fresh: boolean }) {
  return (
    <>
      {fresh ? (
        <TextInput
          label={words.name}
          description={words.nameHint}
          required
          maxLength={64}
          data-autofocus
          {...form.getInputProps("name")}
        />
      ) : null}
      <NativeSelect
        label={words.when}
        data={WHENS.map((value) => ({ value, label: tiers.whens[value] }))}
        {...form.getInputProps("when")}
      />
    </>
  );
}

/** How much of something accounts in it may ask for. */
function Numbers({ form, names }: { form: Form; names: readonly NumberName[] }) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }}>
      {names.map((name) => (
        <TextInput
          key={name}
          label={words[name]}
          {...(name === "tokens" ? { placeholder: words.tokensHint } : {})}
          inputMode="numeric"
          {...form.getInputProps(name)}
        />
      ))}
    </SimpleGrid>
  );
}

function valuesOf(base: TierDoc | null): TierValues {
  const at = (name: string) => String(base?.[name] ?? "");
  const fair = (base?.fair_use ?? {}) as Record<string, number>;
  return {
    name: base?.name ?? "",
    when: base?.when ?? "plan",
    minute: at(NUMBERS.minute),
    concurrent: at(NUMBERS.concurrent),
    day: at(NUMBERS.day),
    tokens: at(NUMBERS.tokens),
    fair: base?.fair_use !== undefined,
    queueMs: String(fair.queue_ms_max ?? "2000"),
    queued: String(fair.queued_max ?? "40"),
  };
}

/** Which field is meant by a place in what is sent. */
function placesAt(n: number): Record<string, string> {
  const numbers = Object.entries(NUMBERS).map(([name, field]) => [`tier[${n}].${field}`, name]);
  return { [`tier[${n}].name`]: "name", [`tier[${n}].when`]: "when", ...Object.fromEntries(numbers) };
}

/** Where the tier stands among what is sent: alone, or behind the usual ones. */
function placeOf(docs: Docs, name: string, names: readonly string[], fresh: boolean): number {
  if (docs.tier.length > 0) return 0;
  return fresh ? names.length : names.filter((other) => other !== name).length;
}

function entryOf(typed: TierValues): Entry {
  return full({
    name: typed.name.trim(),
    when: typed.when,
    requests_per_minute: numberOf(typed.minute),
    concurrent: numberOf(typed.concurrent),
    requests_per_day: numberOf(typed.day),
    tokens_per_minute: numberOf(typed.tokens),
    fair_use: typed.fair
      ? { queue_ms_max: numberOf(typed.queueMs) ?? 0, queued_max: numberOf(typed.queued) ?? 0 }
      : undefined,
  });
}
