// What everybody may know of this gateway. In: the management API. Out: who may sign up, where models are called.
// Never here: anything of a workspace.

import { queryOptions } from "@tanstack/react-query";
import type { components } from "#schema";
import { api, take } from "./api";

/** What everybody may know. */
export type About = components["schemas"]["About"];

/** It changes with a restart only. */
export const aboutQuery = queryOptions({
  queryKey: ["about"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: () => take(api.GET("/about")),
});

/** Where calls of a language go: the base of the first surface that speaks it; null where none does. */
export function baseUrl(about: About, family: About["surfaces"][number]["families"][number]): string | null {
  const surface = about.surfaces.find((one) => one.families.includes(family));
  return surface ? `${about.public_url ?? location.origin}${surface.base}` : null;
}
