// What the gateway finds for operators: asked for and made into ways. It loads with the first search. In: what was
// typed. Out: options of the palette. Never here: the palette.
import {
  IconBuildingStore,
  IconKey,
  IconListDetails,
  IconPlugConnected,
  IconStack2,
  IconUserCircle,
} from "@tabler/icons-react";
import type { NavigateOptions } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { components } from "#schema";
import { api, take } from "../lib/api";
import { search as words } from "../messages/search";

type Found = components["schemas"]["Found"];

/** Something that was found, and where it leads. */
export interface FoundOption {
  id: string;
  label: string;
  icon: ReactNode;
  to: NavigateOptions;
}

const ICONS = {
  request: IconListDetails,
  key: IconKey,
  user: IconUserCircle,
  workspace: IconBuildingStore,
  model: IconStack2,
  provider: IconPlugConnected,
} as const;

/** The end of a key: what is behind it is kept by nobody (docs/KEYS.md). */
const UNKEPT_CHARS = 45;
const KEY = /[A-Za-z0-9_-]{50,}/g;

/** What may be sent of what was typed: of a whole key only what is known of it anyway, for addresses of calls are written down. */
export function asked(typed: string): string {
  return typed.trim().replace(KEY, (key) => key.slice(0, -UNKEPT_CHARS));
}

/** Asks. */
export async function find(typed: string): Promise<readonly FoundOption[]> {
  const { data } = await take(api.GET("/search", { params: { query: { q: asked(typed) } } }));
  return data.map((found) => {
    const Icon = ICONS[found.kind];
    return {
      id: `found-${found.kind}-${found.id}`,
      label: [
        words.kinds[found.kind],
        found.name,
        ...(found.about && found.about !== found.name ? [found.about] : []),
      ].join(" · "),
      icon: <Icon size={18} aria-hidden />,
      to: wayTo(found),
    };
  });
}

function wayTo({ kind, id, about }: Found): NavigateOptions {
  switch (kind) {
    case "request":
      return { to: "/operator/requests/$request", params: { request: id } };
    case "key":
      return { to: "/operator/requests", search: { key: id, since: "all" } };
    case "user":
      return { to: "/operator/users", search: { q: about } };
    case "workspace":
      return { to: "/operator/workspaces/$workspace", params: { workspace: id } };
    case "model":
      return { to: "/operator/models/edit", search: { id } };
    case "provider":
      return { to: "/operator/providers/edit", search: { name: id } };
  }
}
