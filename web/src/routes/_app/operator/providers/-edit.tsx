// The form of a provider that is in the catalogue. In: its document. Out: a proposal. Never here: a stored credential.
import { Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ProviderDoc } from "../../../../lib/catalogue";
import { useSending } from "../../../../lib/form";
import { houseProvidersQuery } from "../../../../lib/house";
import { wrongNumber, wrongRest } from "../../../../lib/restFields";
import { change } from "../../../../messages/catalogue";
import { providers as words } from "../../../../messages/catalogueProviders";
import { FormFoot } from "../../../../parts/FormFoot";
import { Section } from "../../../../parts/Page";
import { making, useChanging } from "../-change";
import { Secrets, Where } from "./-fields";
import Seldom from "./-seldom";
import { Trial } from "./-trial";
import { entryOf, KNOWN, placesOf, valuesOf } from "./-values";

interface FieldsProps {
  opened: number;
  doc: ProviderDoc;
  saved: (version: number) => void;
}

/** The form. It loads by itself: it is most of what the page weighs. */
export default function Fields({ opened, doc, saved }: FieldsProps) {
  // What the form began with: what others change meanwhile is not taken back.
  const [base] = useState(doc);
  const stored = useSuspenseQuery(houseProvidersQuery).data.find(({ name }) => name === doc.name)?.credentials ?? 0;
  const form = useForm({
    initialValues: valuesOf(base),
    validate: {
      firstByte: wrongNumber,
      idle: wrongNumber,
      total: wrongNumber,
      rest: (text) => wrongRest(text, KNOWN),
    },
  });
  const changing = useChanging({ opened, done: saved });
  const sent = useSending({
    form,
    names: placesOf(form.getValues()),
    send: (values) => changing.propose(making([{ of: "provider", name: base.name, base, mine: entryOf(values) }])),
    done: () => undefined,
  });
  return (
    <>
      <form onSubmit={sent.onSubmit} autoComplete="off">
        <Stack gap="lg">
          <Section title={words.form.what}>
            <Where form={form} fresh={false} />
          </Section>
          <Section title={words.form.secret}>
            <Secrets form={form} stored={stored} fresh={false} />
            <Trial values={form.getValues} stored />
          </Section>
          <Seldom form={form} />
          <FormFoot sent={sent} action={change.look} />
        </Stack>
      </form>
      {changing.dialog}
    </>
  );
}
