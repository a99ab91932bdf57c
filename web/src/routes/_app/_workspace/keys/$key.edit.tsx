// Changes a key: what holds after the answer holds on every node within a second.
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { api, take } from "../../../../lib/api";
import { useSending } from "../../../../lib/form";
import { endOf, KEY_FIELDS, rulesOf, valuesOf } from "../../../../lib/keyRules";
import { keyQuery } from "../../../../lib/keys";
import { tellDone } from "../../../../lib/toasts";
import { common } from "../../../../messages/common";
import { keys } from "../../../../messages/keys";
import { Page } from "../../../../parts/Page";
import { KeyFields, useKeyForm } from "./-form";

export const Route = createFileRoute("/_app/_workspace/keys/$key/edit")({
  loader: ({ context, params }) => context.client.ensureQueryData(keyQuery(context.workspaceName, params.key)),
  component: EditKey,
});

function EditKey() {
  const { workspaceName } = Route.useRouteContext();
  const { key: id } = Route.useParams();
  const client = useQueryClient();
  const navigate = useNavigate();
  const key = useSuspenseQuery(keyQuery(workspaceName, id)).data;
  const form = useKeyForm(valuesOf(key));
  const sent = useSending({
    form,
    names: KEY_FIELDS,
    send: (values) => {
      // An end that was not touched is not sent: the field knows minutes, the key milliseconds.
      const ends = form.isDirty("expires") ? { expires_at: endOf(values) } : {};
      const body = { name: values.name, rules: rulesOf(values), ...ends };
      const params = { path: { workspace: key.workspace, key: key.id } };
      return take(api.PATCH("/workspaces/{workspace}/keys/{key}", { params, body }));
    },
    done: async () => {
      await client.invalidateQueries({ queryKey: ["keys"] });
      tellDone(common.saved);
      await navigate({ to: "/keys/$key", params: { key: key.id } });
    },
  });
  return (
    <Page title={keys.form.editTitle(key.name)} width="form">
      <KeyFields form={form} sent={sent} action={common.save} />
    </Page>
  );
}
