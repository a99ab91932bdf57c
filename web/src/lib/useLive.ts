// Requests as they end, for pages. In: the workspace that is looked at, or none for all. Out: each row once, how the stream stands; what was asked for
// before something was missed is asked for again. Never here: how tabs share a stream (lib/events).
import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useRouteContext } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { api, take } from "./api";
import { type Around, type Channel, Live, type Message, type Request, type Standing } from "./events";
import { usePlace } from "./place";

/** While rows come one after the other, sums are asked for so often at most. */
const SUMS_EVERY_MS = 2_000;

const all = new Map<string, Live>();

/** The one for a user and a workspace: what others see of it may be less. */
function liveOf(user: string, workspace: string | null): Live {
  const name = `tollgate-live-${user}-${workspace ?? "all"}`;
  const known = all.get(name);
  if (known) return known;
  const made = new Live(name, around(workspace));
  all.set(name, made);
  return made;
}

function around(workspace: string | null): Around {
  return {
    open: (last, signal) => {
      const headers = last === null ? {} : { "Last-Event-ID": last };
      const how = { headers, signal, parseAs: "stream" } as const;
      const call =
        workspace === null
          ? api.GET("/events", how)
          : api.GET("/workspaces/{workspace}/events", { ...how, params: { path: { workspace } } });
      return take(call) as Promise<ReadableStream<Uint8Array>>;
    },
    // A browser has them on https and on this machine alone.
    locks: navigator.locks ?? null,
    channel: browserChannel,
    isVisible: () => document.visibilityState === "visible",
    onVisible: (listener) => {
      document.addEventListener("visibilitychange", listener);
      return () => document.removeEventListener("visibilitychange", listener);
    },
  };
}

function browserChannel(name: string, heard: (message: Message) => void): Channel {
  const channel = new BroadcastChannel(name);
  channel.onmessage = (event: MessageEvent<Message>) => heard(event.data);
  return { post: (message) => channel.postMessage(message), close: () => channel.close() };
}

interface Watching {
  /** Called with each row. */
  row?: (row: Request) => void;
  /** What is asked for again where rows may have been missed. */
  lists?: QueryKey | undefined;
  /** What is asked for again when a row came: sums of them. */
  sums?: readonly QueryKey[];
}

/** Hears of the requests of the workspace that is looked at, or of all where it is none. */
export function useLive({ row, lists, sums = [] }: Watching): Standing {
  const { session } = useRouteContext({ from: "/_app" });
  const place = usePlace();
  const client = useQueryClient();
  const live = liveOf(session.user.id, place.id);
  const standing = live.standing.use();
  const told = useRef({ row, sums });
  told.current = { row, sums };
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const off = live.watch((came) => {
      told.current.row?.(came);
      timer ??= setTimeout(() => {
        timer = undefined;
        for (const queryKey of told.current.sums) void client.invalidateQueries({ queryKey });
      }, SUMS_EVERY_MS);
    });
    return () => {
      clearTimeout(timer);
      off();
    };
  }, [live, client]);
  const { since } = standing;
  const older = JSON.stringify(lists);
  useEffect(() => {
    if (since === null || older === undefined) return;
    const queryKey: QueryKey = JSON.parse(older);
    void client.invalidateQueries({ queryKey, predicate: ({ state }) => state.dataUpdatedAt < since });
  }, [since, older, client]);
  return standing;
}
