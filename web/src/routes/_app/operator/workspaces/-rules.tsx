// The tier and the plans of a workspace, and whose provider keys its calls use.
import { Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../../../../lib/api";
import { useSending } from "../../../../lib/form";
import { tiersQuery } from "../../../../lib/house";
import { tellDone } from "../../../../lib/toasts";
import type { Workspace } from "../../../../lib/workspace";
import { common } from "../../../../messages/common";
import { workspace as words } from "../../../../messages/house";
import { FormFoot } from "../../../../parts/FormFoot";
import { Checkbox, NativeSelect } from "../../../../parts/fields";
import { Section } from "../../../../parts/Page";
import { Tags } from "../../../../parts/Tags";
import { QuotaForm } from "../../_workspace/-quota";

/** All that may be changed. It loads by itself: it is most of what the page weighs. */
export default function Changes({ of: workspace }: { of: Workspace }) {
  return (
    <>
      <Rules of={workspace} />
      <Section title={words.member}>
        <QuotaForm of="member" workspace={workspace} />
      </Section>
      <Section title={words.endUser}>
        <QuotaForm of="end_user" workspace={workspace} />
      </Section>
    </>
  );
}

/** The rules that operators alone change. */
function Rules({ of: { id, rules } }: { of: Workspace }) {
  const client = useQueryClient();
  const tiers = useQuery(tiersQuery).data;
  const form = useForm({
    initialValues: { tier: rules.tier ?? "", plans: rules.plans, ownOnly: rules.own_providers_only },
  });
  const sent = useSending({
    form,
    names: { "rules.tier": "tier", "rules.plans": "plans", "rules.own_providers_only": "ownOnly" },
    send: ({ tier, plans, ownOnly }) => {
      const change = { tier: tier === "" ? null : tier, plans, own_providers_only: ownOnly };
      return take(
        api.PATCH("/workspaces/{workspace}", { params: { path: { workspace: id } }, body: { rules: change } }),
      );
    },
    done: async () => {
      await client.invalidateQueries({ queryKey: ["workspace"] });
      await client.invalidateQueries({ queryKey: ["workspaces"] });
      tellDone(common.saved);
    },
  });
  // A tier that the catalogue has no more is still what the workspace has.
  const names = new Set([...(tiers?.all ?? []), ...(rules.tier ? [rules.tier] : [])]);
  const plans = [...new Set([...(tiers?.plans ?? []), ...rules.plans])];
  return (
    <Section title={words.rules} about={words.rulesAbout}>
      <form onSubmit={sent.onSubmit}>
        <Stack>
          <NativeSelect
            label={words.tier}
            data={[{ value: "", label: words.tierUsual }, ...[...names].map((value) => ({ value, label: value }))]}
            {...form.getInputProps("tier")}
          />
          <Tags
            label={words.plans}
            description={plans.length > 0 ? words.plansAbout(plans.join(", ")) : words.plansNone}
            {...form.getInputProps("plans")}
          />
          <Checkbox label={words.ownOnly} {...form.getInputProps("ownOnly", { type: "checkbox" })} />
          <FormFoot sent={sent} action={common.save} />
        </Stack>
      </form>
    </Section>
  );
}
