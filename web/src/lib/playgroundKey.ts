// The key of the playground: made by its reader for a few hours, capped, kept in this tab's memory and nowhere else. In: who, where, how much
// it may spend. Out: the key. Never here: storage of any kind; a reload forgets it.
import { api, idempotencyKey, take } from "./api";
import { store } from "./store";

const HOUR_MS = 3_600_000;
/** So long it works. */
export const KEY_HOURS = 4;
/** What it may spend at most, in whole USD. */
export const CAPS_USD = [1, 5, 20] as const;
const MICRO = 1_000_000;
/** A key that ends so soon is not used any more. */
const ENDS_SOON_MS = 60_000;

/** The key. */
export interface PlaygroundKey {
  id: string;
  key: string;
  endsAt: string;
  capUsd: number;
}

/** Keys by user and workspace: another user of this tab has another one. */
const kept = store<ReadonlyMap<string, PlaygroundKey>>(new Map());

/** Whose key it is. */
export interface Owner {
  user: string;
  workspace: string;
}

const nameOf = ({ user, workspace }: Owner) => `${user} ${workspace}`;

/** The key that is there, as it changes. */
export function usePlaygroundKey(owner: Owner): PlaygroundKey | null {
  return alive(kept.use().get(nameOf(owner)));
}

function alive(key: PlaygroundKey | undefined): PlaygroundKey | null {
  return key && Date.parse(key.endsAt) - Date.now() > ENDS_SOON_MS ? key : null;
}

/** The key that is there, or a new one. */
export async function playgroundKey(owner: Owner, name: string, capUsd: number): Promise<PlaygroundKey> {
  const known = alive(kept.get().get(nameOf(owner)));
  if (known) return known;
  const endsAt = new Date(Date.now() + KEY_HOURS * HOUR_MS).toISOString();
  const rules = { environment: "playground", caps: { total_micro_usd: capUsd * MICRO }, scopes: ["chat" as const] };
  const params = { path: { workspace: owner.workspace }, header: { "Idempotency-Key": idempotencyKey() } };
  const made = await take(
    api.POST("/workspaces/{workspace}/keys", { params, body: { name, expires_at: endsAt, rules } }),
  );
  const key = { id: made.id, key: made.key, endsAt, capUsd };
  kept.set(new Map(kept.get()).set(nameOf(owner), key));
  return key;
}

/** Revokes the key and forgets it. */
export async function endPlaygroundKey(owner: Owner): Promise<void> {
  const known = kept.get().get(nameOf(owner));
  if (!known) return;
  const path = { workspace: owner.workspace, key: known.id };
  await take(api.DELETE("/workspaces/{workspace}/keys/{key}", { params: { path } }));
  const left = new Map(kept.get());
  left.delete(nameOf(owner));
  kept.set(left);
}
