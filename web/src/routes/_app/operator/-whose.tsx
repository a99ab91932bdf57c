// One workspace, or everybody, for a list that can be of both. In: what the address says. Out: another choice.
import { useQuery } from "@tanstack/react-query";
import { workspacesQuery } from "../../../lib/workspace";
import { NativeSelect } from "../../../parts/fields";

interface WhoseProps {
  label: string;
  /** What everybody's are called. */
  all: string;
  of: string | undefined;
  choose: (workspace: string | undefined) => void;
}

/** The field. What the address says is there, though the list of the newest workspaces has it not. */
export function Whose({ label, all, of, choose }: WhoseProps) {
  const newest = useQuery(workspacesQuery).data?.data ?? [];
  const options = newest.map(({ id, name }) => ({ value: id, label: name }));
  const known = of === undefined || options.some(({ value }) => value === of);
  return (
    <search aria-label={label} data-keeps-focus>
      <NativeSelect
        label={label}
        maw={320}
        data={[{ value: "", label: all }, ...options, ...(known ? [] : [{ value: of, label: of }])]}
        value={of ?? ""}
        onChange={(event) => choose(event.currentTarget.value || undefined)}
      />
    </search>
  );
}
