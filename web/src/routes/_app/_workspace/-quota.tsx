// What each member, or each end user, of a workspace may spend and ask for. In: whose quota. Out: a form for who may change it, facts
// for everybody else.
import "@mantine/core/styles/SimpleGrid.css";
import { SimpleGrid, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { api, take } from "../../../lib/api";
import { useSending } from "../../../lib/form";
import { useHere } from "../../../lib/here";
import { capOf, isAmount } from "../../../lib/keyRules";
import { typedUsd, usd } from "../../../lib/money";
import { tellDone } from "../../../lib/toasts";
import type { Workspace } from "../../../lib/workspace";
import { common } from "../../../messages/common";
import { team } from "../../../messages/team";
import { Fact, Facts } from "../../../parts/Facts";
import { FormFoot } from "../../../parts/FormFoot";
import { TextInput } from "../../../parts/fields";
import { Section } from "../../../parts/Page";

type Whose = "member" | "end_user";
type Quota = Workspace["rules"][Whose];

const words = team.quota;

interface QuotaProps {
  of: Whose;
  title: string;
  about: string;
}

/** The quota. */
export function QuotaSection({ of: whose, title, about }: QuotaProps) {
  const here = useHere();
  const quota = here.workspace.rules[whose];
  return (
    <Section title={title} about={about}>
      {here.may("workspace.change") ? (
        <QuotaForm of={whose} workspace={here.workspace} />
      ) : (
        <QuotaFacts quota={quota} />
      )}
    </Section>
  );
}

function QuotaFacts({ quota }: { quota: Quota }) {
  const amount = (micro: number | null | undefined) => (typeof micro === "number" ? usd(micro) : words.none);
  return (
    <Facts>
      <Fact name={words.day}>{amount(quota.day_micro_usd)}</Fact>
      <Fact name={words.month}>{amount(quota.month_micro_usd)}</Fact>
      <Fact name={words.requests}>{quota.requests_per_day?.toLocaleString("en") ?? words.none}</Fact>
    </Facts>
  );
}

/** The form. */
export function QuotaForm({ of: whose, workspace }: { of: Whose; workspace: Workspace }) {
  const quota = workspace.rules[whose];
  const client = useQueryClient();
  const typed = (micro: number | null | undefined) => (typeof micro === "number" ? typedUsd(micro) : "");
  const amount = (text: string) => (isAmount(text) ? null : words.wrongAmount);
  const form = useForm({
    initialValues: {
      day: typed(quota.day_micro_usd),
      month: typed(quota.month_micro_usd),
      requests: quota.requests_per_day?.toString() ?? "",
    },
    validate: {
      day: amount,
      month: amount,
      requests: (text) => (/^\d*$/.test(text.trim()) ? null : words.wrongNumber),
    },
  });
  const sent = useSending({
    form,
    names: {
      [`rules.${whose}.day_micro_usd`]: "day",
      [`rules.${whose}.month_micro_usd`]: "month",
      [`rules.${whose}.requests_per_day`]: "requests",
    },
    send: (values) => {
      const change = {
        day_micro_usd: capOf(values.day),
        month_micro_usd: capOf(values.month),
        requests_per_day: values.requests.trim() === "" ? null : Number(values.requests),
      };
      const params = { path: { workspace: workspace.id } };
      return take(api.PATCH("/workspaces/{workspace}", { params, body: { rules: { [whose]: change } } }));
    },
    done: async () => {
      await client.invalidateQueries({ queryKey: ["workspace"] });
      tellDone(common.saved);
    },
  });
  return (
    <form onSubmit={sent.onSubmit}>
      <Stack>
        <SimpleGrid cols={{ base: 1, xs: 3 }}>
          <TextInput
            label={words.day}
            placeholder={words.none}
            inputMode="decimal"
            leftSection="$"
            {...form.getInputProps("day")}
          />
          <TextInput
            label={words.month}
            placeholder={words.none}
            inputMode="decimal"
            leftSection="$"
            {...form.getInputProps("month")}
          />
          <TextInput
            label={words.requests}
            placeholder={words.none}
            inputMode="numeric"
            {...form.getInputProps("requests")}
          />
        </SimpleGrid>
        <FormFoot sent={sent} action={common.save} />
      </Stack>
    </form>
  );
}
