// What is done with a workspace: credit given with a reason, calls refused and let in again.
import { Button, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCoin } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../../../lib/api";
import { confirm } from "../../../../lib/confirm";
import { useSending } from "../../../../lib/form";
import { microUsd, typedUsd, usdExact } from "../../../../lib/money";
import { tellDone } from "../../../../lib/toasts";
import type { Workspace } from "../../../../lib/workspace";
import { workspace as words } from "../../../../messages/house";
import { Dialog } from "../../../../parts/Dialog";
import { FormFoot } from "../../../../parts/FormFoot";
import { NativeSelect, TextInput } from "../../../../parts/fields";

/** Credit, in a dialog. */
export function GiveCredit({ to: workspace }: { to: Workspace }) {
  const [giving, setGiving] = useState(false);
  return (
    <>
      <Button leftSection={<IconCoin size={16} aria-hidden />} onClick={() => setGiving(true)}>
        {words.credit.action}
      </Button>
      <Dialog opened={giving} close={() => setGiving(false)} title={words.credit.title(workspace.name)}>
        <CreditForm to={workspace} close={() => setGiving(false)} />
      </Dialog>
    </>
  );
}

const KINDS = ["paid", "promo"] as const;

/** The amount is sent as a decimal text: it is never a float. */
function CreditForm({ to: workspace, close }: { to: Workspace; close: () => void }) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: { amount: "", reason: "", kind: "paid" as (typeof KINDS)[number] },
    validate: { amount: (text) => ((microUsd(text) ?? 0n) > 0n ? null : words.credit.wrong) },
  });
  const sent = useSending({
    form,
    names: { amount_usd: "amount" },
    send: ({ amount, reason, kind }, key) => {
      const params = { path: { workspace: workspace.id }, header: { "Idempotency-Key": key } };
      const body = { amount_usd: typedUsd(microUsd(amount) ?? 0n), reason, kind };
      return take(api.POST("/workspaces/{workspace}/credit", { params, body }));
    },
    done: async (grant) => {
      close();
      await client.invalidateQueries({ queryKey: ["workspace"] });
      await client.invalidateQueries({ queryKey: ["workspaces"] });
      tellDone(words.credit.done(usdExact(grant.amount_usd), usdExact(grant.balance_usd)));
    },
  });
  return (
    <form onSubmit={sent.onSubmit}>
      <Stack>
        <TextInput
          label={words.credit.amount}
          required
          data-autofocus
          inputMode="decimal"
          leftSection="$"
          autoComplete="off"
          {...form.getInputProps("amount")}
        />
        <TextInput
          label={words.credit.reason}
          description={words.credit.reasonAbout}
          required
          maxLength={200}
          {...form.getInputProps("reason")}
        />
        <NativeSelect
          label={words.credit.kind}
          data={KINDS.map((value) => ({ value, label: words.credit.kinds[value] }))}
          {...form.getInputProps("kind")}
        />
        <FormFoot sent={sent} action={words.credit.action} cancel={close} />
      </Stack>
    </form>
  );
}

/** Refuses its calls, or lets them in again. */
export function Suspend({ of: workspace }: { of: Workspace }) {
  const client = useQueryClient();
  const off = workspace.rules.api_off;
  const told = off ? words.letIn : words.suspend;
  const ask = () =>
    confirm({
      title: told.title(workspace.name),
      consequence: told.consequence(workspace.name),
      action: told.action,
      danger: !off,
      run: async () => {
        const params = { path: { workspace: workspace.id } };
        await take(api.PATCH("/workspaces/{workspace}", { params, body: { rules: { api_off: !off } } }));
        await client.invalidateQueries({ queryKey: ["workspace"] });
        await client.invalidateQueries({ queryKey: ["workspaces"] });
        tellDone(told.done(workspace.name));
      },
    });
  return (
    <Button variant="light" color={off ? "toll" : "red"} onClick={ask}>
      {told.action}
    </Button>
  );
}
