// The way to a new provider: where it is, a try, what is sold of it, the difference, and it is in force.
import { Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconArrowLeft } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { type ComponentProps, lazy, Suspense, useState } from "react";
import { catalogueQuery, starterQuery } from "../../../../lib/catalogue";
import { useSending } from "../../../../lib/form";
import { wrongNumber, wrongRest } from "../../../../lib/restFields";
import { change } from "../../../../messages/catalogue";
import { providers } from "../../../../messages/catalogueProviders";
import { wizard as words } from "../../../../messages/catalogueWizard";
import { FormFoot } from "../../../../parts/FormFoot";
import { NativeSelect } from "../../../../parts/fields";
import { LinkButton } from "../../../../parts/links";
import { Page, Section } from "../../../../parts/Page";
import { making, useChanging } from "../-change";
import { Secrets, Where } from "./-fields";
import { Pick } from "./-pick";
import { Trial, type Tried } from "./-trial";
import { KNOWN, valuesOf } from "./-values";
import { changesOf, knownOf, type WizardValues, wizardPlaces } from "./-wizard";

const Seldom = lazy(() => import("./-seldom"));

export const Route = createFileRoute("/_app/operator/providers/new")({
  codeSplitGroupings: [["loader", "component"]],
  loader: ({ context: { client } }) =>
    Promise.all([client.fetchQuery(catalogueQuery), client.ensureQueryData(starterQuery)]),
  component: NewProvider,
});

const BLANK: WizardValues = { ...valuesOf({ name: "", kind: "openai", base_url: "" }), chosen: [] };

function NewProvider() {
  const docs = useSuspenseQuery(catalogueQuery).data;
  const { providers: presets, models } = useSuspenseQuery(starterQuery).data;
  const navigate = Route.useNavigate();
  const [opened] = useState(docs.version);
  const [preset, take] = useState<string | null>(null);
  const [tried, see] = useState<Tried | null>(null);
  const form = useForm<WizardValues>({
    initialValues: BLANK,
    validate: {
      name: (name) => (docs.provider.some((one) => one.name === name.trim()) ? providers.form.taken : null),
      firstByte: wrongNumber,
      idle: wrongNumber,
      total: wrongNumber,
      rest: (text) => wrongRest(text, KNOWN),
      chosen: { context: wrongNumber, most: wrongNumber },
    },
  });
  const changing = useChanging({
    opened,
    done: () => navigate({ to: "/operator/providers/edit", search: { name: form.getValues().name.trim() } }),
  });
  const sent = useSending({
    form,
    names: wizardPlaces(form.getValues()),
    send: (values) => changing.propose((now) => making(changesOf(now, values))(now)),
    done: () => undefined,
  });
  const begin = (name: string) => {
    const found = presets.find(({ entry }) => entry.name === name);
    take(found ? name : null);
    see(null);
    const entry = found?.entry ?? { name: "", kind: "openai", base_url: "" };
    form.setValues({ ...valuesOf(entry), chosen: [], credentials: form.getValues().credentials });
  };
  return (
    <Page
      title={words.title}
      about={words.about}
      actions={
        <LinkButton to="/operator/providers" variant="default" leftSection={<IconArrowLeft size={16} aria-hidden />}>
          {providers.back}
        </LinkButton>
      }
    >
      <form onSubmit={sent.onSubmit} autoComplete="off">
        <Stack gap="lg">
          <Section title={words.where}>
            <Presets of={presets} chosen={preset} choose={begin} />
            <Where form={form} fresh />
          </Section>
          <Section title={words.secret}>
            <Secrets form={form} stored={0} fresh />
            <Trial values={form.getValues} stored={false} told={see} names={false} />
          </Section>
          <Section title={words.models} about={words.modelsAbout}>
            <Listed tried={tried} form={form} docs={docs} known={(name) => knownOf(models, preset, name)} />
          </Section>
          <Suspense fallback={null}>
            <Seldom form={form} />
          </Suspense>
          <FormFoot sent={sent} action={change.look} />
        </Stack>
      </form>
      {changing.dialog}
    </Page>
  );
}

/** What is sold of what it lists, once it was tried. */
function Listed({ tried, ...pick }: { tried: Tried | null } & Omit<ComponentProps<typeof Pick>, "listed">) {
  if (!tried?.answered) return <Text c="dimmed">{words.tryFirst}</Text>;
  return <Pick {...pick} listed={tried.models} />;
}

interface PresetsProps {
  of: readonly { about: string; entry: { name: string } }[];
  chosen: string | null;
  choose: (name: string) => void;
}

/** Providers that are known to begin with, and what is known of the chosen one. */
function Presets({ of: presets, chosen, choose }: PresetsProps) {
  const about = presets.find(({ entry }) => entry.name === chosen)?.about;
  return (
    <>
      <NativeSelect
        label={words.preset}
        maw={360}
        data={[
          { value: "", label: words.presetOther },
          ...presets.map(({ entry }) => ({ value: entry.name, label: entry.name })),
        ]}
        value={chosen ?? ""}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {about ? (
        <Text size="sm" c="dimmed" className="unbroken">
          {about}
        </Text>
      ) : null}
    </>
  );
}
