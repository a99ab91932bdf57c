// The one way to change the catalogue: a change is proposed, its difference to what is in force is looked at, and exactly that is saved. In:
// changes of entries. Out: a dialog, and a new version. Never here: which entries change.
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useState } from "react";
import type { components } from "#schema";
import { api, take } from "../../../lib/api";
import { type Change, catalogueQuery, type Docs, type Edit, proposed, unserved } from "../../../lib/catalogue";
import { asFault } from "../../../lib/fault";
import { tellDone, tellFault } from "../../../lib/toasts";
import { change as words } from "../../../messages/catalogue";
import { common } from "../../../messages/common";
import { Dialog } from "../../../parts/Dialog";
import { FaultNote } from "../../../parts/FaultNote";

/** Tables load with the first difference that is looked at. */
const Difference = lazy(() => import("./-difference"));

/** What would be saved, and what it would change. */
interface Proposal {
  version: number;
  diff: readonly Edit[];
  /** Makes the same of whatever is in force. */
  make: Make;
  body: components["schemas"]["Catalogue"];
  prune: boolean;
  unserved: readonly string[];
}

/** What is to be applied, made of what is in force. */
export type Make = (docs: Docs) => { body: object; prune: boolean; unserved?: readonly string[] };

/** The same of changes of single entries. */
export function making(changes: readonly Change[]): Make {
  return (docs) => ({ ...proposed(docs, changes), unserved: unserved(docs, changes) });
}

async function propose(client: QueryClient, make: Make): Promise<Proposal> {
  const docs = await client.fetchQuery({ ...catalogueQuery, staleTime: 0 });
  const made = make(docs);
  // The document leaves the fields of tables open.
  const body = made.body as Proposal["body"];
  const { version } = docs;
  const query = { dry_run: true, prune: made.prune, version };
  const { diff } = await take(api.PUT("/catalogue", { params: { query }, body }));
  return { version, diff, make, body, prune: made.prune, unserved: made.unserved ?? [] };
}

interface Changing {
  /** Shows the difference; what the gateway refuses is thrown. */
  propose: (make: Make) => Promise<unknown>;
  /** The same for a button: what is refused is told at the edge of the screen. */
  ask: (make: Make) => void;
  busy: boolean;
  /** The dialog, to be put somewhere outside of any form. */
  dialog: ReactNode;
}

interface ChangingProps {
  /** The version that the page was made of. */
  opened: number;
  title?: string;
  action?: string;
  danger?: boolean;
  /** What follows from it that no line tells. */
  consequence?: string;
  /** Whether what is done leads to another page: this one is not told what it would no longer find. */
  leaves?: boolean;
  done?: (version: number) => unknown;
}

/** Changes the catalogue. */
export function useChanging({ opened, done, ...look }: ChangingProps): Changing {
  const client = useQueryClient();
  const [shown, show] = useState<Proposal | null>(null);
  const proposing = useMutation({
    mutationFn: (make: Make) => propose(client, make),
    onSuccess: (proposal) => show(proposal),
  });
  return {
    propose: proposing.mutateAsync,
    ask: (make) => proposing.mutate(make, { onError: tellFault }),
    busy: proposing.isPending,
    dialog: (
      <Dialog opened={shown !== null} close={() => show(null)} look="wide" title={look.title ?? words.title}>
        {shown ? <Look {...look} of={shown} opened={opened} show={show} done={done} /> : null}
      </Dialog>
    ),
  };
}

interface LookProps extends Omit<ChangingProps, "title" | "done"> {
  of: Proposal;
  show: (proposal: Proposal | null) => void;
  done: ChangingProps["done"] | undefined;
}

function Look({
  of: proposal,
  opened,
  show,
  done,
  consequence,
  action = words.save,
  danger = false,
  leaves = false,
}: LookProps) {
  const client = useQueryClient();
  const { version, body, prune, diff } = proposal;
  const refetchType = leaves ? "none" : "active";
  const saving = useMutation({
    mutationFn: () => take(api.PUT("/catalogue", { params: { query: { prune, version } }, body })),
    onSuccess: async (applied) => {
      await Promise.all(
        [["catalogue"], ["house"], ["models"], ["system"]].map((queryKey) =>
          client.invalidateQueries({ queryKey, refetchType }),
        ),
      );
      show(null);
      tellDone(words.saved(applied.version));
      await done?.(applied.version);
    },
  });
  const again = useMutation({
    mutationFn: () => propose(client, proposal.make),
    onSuccess: (next) => {
      saving.reset();
      show(next);
    },
  });
  const fault = again.error ?? saving.error;
  const stale = fault !== null && asFault(fault).status === 409;
  return (
    <Stack>
      <WhatChanges of={proposal} opened={opened} consequence={consequence} />
      <FaultNote fault={fault ? asFault(fault) : null} />
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {diff.length > 0 ? words.atOnce : null}
        </Text>
        <Group gap="xs" justify="flex-end">
          <Button variant="default" onClick={() => show(null)} disabled={saving.isPending}>
            {common.cancel}
          </Button>
          {stale ? (
            <Button loading={again.isPending} onClick={() => again.mutate()}>
              {words.again}
            </Button>
          ) : (
            <Button
              color={danger ? "red" : "toll"}
              loading={saving.isPending}
              disabled={diff.length === 0}
              data-autofocus
              onClick={() => saving.mutate()}
            >
              {action}
            </Button>
          )}
        </Group>
      </Group>
    </Stack>
  );
}

interface WhatChangesProps {
  of: Proposal;
  opened: number;
  consequence: string | undefined;
}

/** The difference, and what it does not say by itself. */
function WhatChanges({ of: { version, diff, unserved }, opened, consequence }: WhatChangesProps) {
  return (
    <>
      {version === opened ? null : <Alert color="yellow">{words.moved(opened, version)}</Alert>}
      {consequence ? <Text>{consequence}</Text> : null}
      {diff.length === 0 ? (
        <Text>{words.nothing}</Text>
      ) : (
        <Suspense fallback={null}>
          <Difference of={diff} />
        </Suspense>
      )}
      {unserved.length > 0 ? (
        <Alert color="orange" icon={<IconAlertTriangle size={18} aria-hidden />} className="unbroken">
          {words.unserved(unserved.join(", "))}
        </Alert>
      ) : null}
    </>
  );
}

/** The version that a page was made of, and how often its form was saved. What the page itself saves is nobody else's change. */
export function useSeen(opened: number) {
  const [state, set] = useState({ seen: opened, saves: 0 });
  const saw = (version: number, now: typeof state) => (version === now.seen + 1 ? version : now.seen);
  return {
    ...state,
    /** Something beside the form was saved: what stands in the form stays. */
    sawSaved: (version: number) => set((now) => ({ ...now, seen: saw(version, now) })),
    /** The form was saved: it begins anew. */
    formSaved: (version: number) => set((now) => ({ seen: version, saves: now.saves + 1 })),
  };
}
