// A new key. Its text is shown once, right here.
import { useQueryClient } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { aboutQuery } from "../../../../lib/about";
import { api, take } from "../../../../lib/api";
import { useSending } from "../../../../lib/form";
import { useHere } from "../../../../lib/here";
import { endOf, KEY_FIELDS, NOTHING, rulesOf } from "../../../../lib/keyRules";
import type { NewKey } from "../../../../lib/keys";
import { keys } from "../../../../messages/keys";
import { Page } from "../../../../parts/Page";
import { KeyFields, useKeyForm } from "./-form";
import { KeySecret } from "./-secret";

export const Route = createFileRoute("/_app/_workspace/keys/new")({
  loader: ({ context }) => context.client.ensureQueryData(aboutQuery),
  component: NewKeyPage,
});

function NewKeyPage() {
  const { workspace } = useHere();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [made, setMade] = useState<NewKey | null>(null);
  const form = useKeyForm(NOTHING);
  const sent = useSending({
    form,
    names: KEY_FIELDS,
    send: (values, key) => {
      const ends = endOf(values);
      const body = { name: values.name, rules: rulesOf(values), ...(ends ? { expires_at: ends } : {}) };
      const params = { path: { workspace: workspace.id }, header: { "Idempotency-Key": key } };
      return take(api.POST("/workspaces/{workspace}/keys", { params, body }));
    },
    done: (told) => {
      setMade(told);
      return client.invalidateQueries({ queryKey: ["keys"] });
    },
  });
  const leave = () => {
    const key = made?.id;
    setMade(null);
    // The dialog holds on to the page until it is closed.
    if (key) setTimeout(() => void navigate({ to: "/keys/$key", params: { key } }));
  };
  return (
    <Page title={keys.form.newTitle} about={keys.form.newAbout} width="form">
      <KeyFields form={form} sent={sent} action={keys.form.action} />
      <KeySecret made={made} done={leave} />
    </Page>
  );
}
