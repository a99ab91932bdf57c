// A new management key: what it is made of, and its text, once.
import { Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { api, take } from "../../../lib/api";
import { useSending } from "../../../lib/form";
import { useHere } from "../../../lib/here";
import { ROLES, type Role } from "../../../lib/roles";
import { fieldInstant, typedInstant, zoneOf } from "../../../lib/time";
import { common } from "../../../messages/common";
import { managementKeys as words } from "../../../messages/managementKeys";
import { FormFoot } from "../../../parts/FormFoot";
import { NativeSelect, TextInput } from "../../../parts/fields";

const USUAL_DAYS = 90;
const DAY_MS = 86_400_000;

/** The form. */
export function MakeManagementKey({ close, made }: { close: () => void; made: (text: string) => void }) {
  const here = useHere();
  const client = useQueryClient();
  const usual = fieldInstant(new Date(Date.now() + USUAL_DAYS * DAY_MS).toISOString());
  const form = useForm({
    initialValues: { name: "", role: "developer" as Role, expires_at: usual },
    validate: {
      expires_at: (typed) => {
        const at = typedInstant(typed);
        return at && Date.parse(at) > Date.now() ? null : words.form.wrongEnd;
      },
    },
  });
  const sent = useSending({
    form,
    send: ({ expires_at, ...rest }, key) => {
      const params = { path: { workspace: here.workspace.id }, header: { "Idempotency-Key": key } };
      const body = { ...rest, expires_at: typedInstant(expires_at) ?? "" };
      return take(api.POST("/workspaces/{workspace}/management-keys", { params, body }));
    },
    done: async (told) => {
      close();
      made(told.key);
      await client.invalidateQueries({ queryKey: ["management-keys"] });
    },
  });
  // Never a role above one's own.
  const roles = ROLES.slice(ROLES.indexOf(here.role));
  return (
    <form onSubmit={sent.onSubmit}>
      <Stack>
        <TextInput
          label={words.form.name}
          description={words.form.nameHint}
          required
          maxLength={100}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <NativeSelect
          label={words.form.role}
          description={common.rolesAre[form.getValues().role]}
          data={roles.map((role) => ({ value: role, label: common.roles[role] }))}
          {...form.getInputProps("role")}
        />
        <TextInput
          type="datetime-local"
          label={words.form.ends(zoneOf(form.getValues().expires_at))}
          description={words.form.endsHint}
          required
          {...form.getInputProps("expires_at")}
        />
        <FormFoot sent={sent} action={words.form.action} cancel={close} />
      </Stack>
    </form>
  );
}
