// A long list in which people look for one: a field, the rows that fit, what stands in their place where none does. In: what the address
// says, rows. Out: another address. Never here: which rows there are.
import { Text } from "@mantine/core";
import { IconFilterOff, IconSearch } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { count } from "../../../lib/figures";
import { list as words } from "../../../messages/house";
import { type Column, DataTable, Pager } from "../../../parts/DataTable";
import { TextInput } from "../../../parts/fields";
import { Empty, Page } from "../../../parts/Page";

interface FoundListProps<Row extends { id: string }> {
  /** What the page is called, what it is about, and what can be looked for. */
  words: { title: string; about: string; findHint: string };
  columns: readonly Column<Row>[];
  /** The rows that fit, and how many do. */
  found: { shown: readonly Row[]; many: number };
  q: string | undefined;
  before?: string | undefined;
  next?: string | null | undefined;
  /** Whether it shows instants; it does unless it is said. */
  times?: boolean;
  /** What can be done here. */
  actions?: ReactNode;
  /** Goes to the list with that typed. */
  change: (q: string | undefined) => void;
}

/** The page. */
export function FoundList<Row extends { id: string }>(props: FoundListProps<Row>) {
  const { title, about, findHint } = props.words;
  const { shown, many } = props.found;
  return (
    <Page title={title} about={about} actions={props.actions}>
      <Find hint={findHint} q={props.q} change={props.change} />
      {shown.length === 0 ? (
        <Empty Icon={IconFilterOff} title={words.none}>
          {words.noneDetail}
        </Empty>
      ) : (
        <DataTable
          label={title}
          columns={props.columns}
          rows={shown}
          rowKey={(row) => row.id}
          times={props.times ?? true}
          foot={<Pager next={props.next ?? null} before={props.before} />}
        />
      )}
      <Cut shown={shown.length} many={many} />
    </Page>
  );
}

interface FindProps {
  hint: string;
  q: string | undefined;
  change: (q: string | undefined) => void;
}

function Find({ hint, q = "", change }: FindProps) {
  return (
    <search aria-label={words.find} data-keeps-focus>
      <TextInput
        type="search"
        maw={420}
        label={words.find}
        placeholder={hint}
        leftSection={<IconSearch size={16} aria-hidden />}
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        value={q}
        onChange={(event) => change(event.currentTarget.value || undefined)}
      />
    </search>
  );
}

/** Said where more fits than is shown. */
function Cut({ shown, many }: { shown: number; many: number }) {
  if (shown >= many) return null;
  return (
    <Text size="sm" c="dimmed" role="status">
      {words.cut(count(shown), count(many))}
    </Text>
  );
}
