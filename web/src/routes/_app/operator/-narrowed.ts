// Pages of lists that the gateway narrows by what is typed. In: a query for a part of a list, what the address says. Out: what the page
// shows. Never here: lists that are here whole (lib/house).
import {
  keepPreviousData,
  type QueryClient,
  type QueryKey,
  type UnusedSkipTokenOptions,
  useQuery,
} from "@tanstack/react-query";
import { type ListSearch, listOf } from "../../../lib/search";

/** A part of a list, as the gateway tells it. */
interface Told<Row> {
  data: Row[];
  next: string | null;
}

type Query<Row, Key extends QueryKey> = (which: ListSearch) => UnusedSkipTokenOptions<Told<Row>, Error, Told<Row>, Key>;

/** Asks before the page is shown. What is typed is no part of a route's `loaderDeps`: it changes while the page is looked at, which must not
 * wait for it as for another page. */
export function loading<Row, Key extends QueryKey>(query: Query<Row, Key>) {
  return ({ context, location }: { context: { client: QueryClient }; location: { search: object } }) =>
    context.client.ensureQueryData(query(listOf({ ...location.search })));
}

/** The list as the page shows it: while what is typed is asked for, what fitted before stays; what could not be told takes the place of the
 * rows and of nothing else. */
export function useNarrowed<Row, Key extends QueryKey>(query: Query<Row, Key>, search: ListSearch) {
  const { data, error, isPlaceholderData } = useQuery({ ...query(search), placeholderData: keepPreviousData });
  const found = data ? { shown: data.data } : null;
  return { found, error, q: search.q, before: search.before, next: data?.next, busy: isPlaceholderData };
}
