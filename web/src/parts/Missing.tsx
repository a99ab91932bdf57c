// What stands in the place of a part that is not known yet, or that could not be told. In: a failure, if there is one. Out: words. Never here:
// asking again; queries do.
import { Skeleton } from "@mantine/core";
import { asFault } from "../lib/fault";
import { FaultNote } from "./FaultNote";

/** The failure, or that it is waited for. */
export function Missing({ error }: { error: Error | null }) {
  return error ? <FaultNote fault={asFault(error)} /> : <Skeleton h={60} />;
}
