// Sums of requests, as the gateway made them. In: a span, what narrows it. Out: queries. All numbers of one answer are of one instant, so a
// view asks once. Never here: adding anything up.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { components } from "#schema";
import { api, take } from "./api";
import { BY, type By, type UsageSearch, type Which } from "./asked";
import { told } from "./requests";
import { type Span, spanOf } from "./spans";

/** What requests came to. */
export type Facts = components["schemas"]["Facts"];
/** Sums. */
export type Sums = components["schemas"]["Sums"];
/** A part of the sums. */
export type Part = components["schemas"]["Part"];
/** Sums of a step of time. */
export type Point = components["schemas"]["Point"];

/** What is asked. */
export interface FactsAsk {
  which?: Pick<Which, "key" | "model" | "endpoint" | "ending" | "workspace" | "provider">;
  from: string;
  until: string;
  by?: By;
  stepHours?: number;
  pace?: boolean;
}

/** The one question of that page. It is asked before the page is loaded, so it stands here. */
export function askOf(search: UsageSearch, usual: By): { span: Span; ask: FactsAsk } {
  const span = spanOf(search, Date.now());
  const { from, until, stepHours } = span;
  return { span, ask: { from, until, stepHours, by: search.by ?? usual, pace: true } };
}

/** How long sums on screen may be old while nothing is heard. */
const FRESH_MS = 30_000;

/** Sums of requests of a workspace, or of everybody's (`null`). */
export const factsQuery = (workspace: string | null, { which = {}, from, until, by, stepHours, pace }: FactsAsk) =>
  queryOptions({
    queryKey: ["facts", workspace, { which, from, until, by, stepHours, pace }],
    staleTime: FRESH_MS / 2,
    refetchInterval: FRESH_MS,
    placeholderData: keepPreviousData,
    queryFn: () => {
      // More than sums are kept by may be told of a list.
      const { key, model, endpoint, ending, workspace: of, provider } = which;
      const query = told({ key, model, endpoint, ending, from, until, step_hours: stepHours, pace });
      if (workspace === null) {
        return take(api.GET("/facts", { params: { query: { ...query, ...told({ workspace: of, provider, by }) } } }));
      }
      const params = { path: { workspace }, query: { ...query, ...told({ by: BY.find((one) => one === by) }) } };
      return take(api.GET("/workspaces/{workspace}/facts", { params }));
    },
  });
