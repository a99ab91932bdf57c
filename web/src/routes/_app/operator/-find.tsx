// A long list in which people look for one: a field, the rows that fit, what stands in their place where none does. In: what the address
// says, rows. Out: another address. Never here: which rows there are, and which of them fit.
import { Stack, Text } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconFilterOff, IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { count } from "../../../lib/figures";
import { searchWith, TYPED_CHARS_MAX, typedOf } from "../../../lib/search";
import { list as words } from "../../../messages/house";
import { type Column, DataTable, Pager } from "../../../parts/DataTable";
import { TextInput } from "../../../parts/fields";
import { Missing } from "../../../parts/Missing";
import { Empty, Page } from "../../../parts/Page";

/** Who pauses so long is looked for. */
const PAUSE_MS = 200;

interface Found<Row> {
  shown: readonly Row[];
  many?: number;
}

interface FoundListProps<Row extends { id: string }> {
  /** What the page is called, what it is about, and what can be looked for. */
  words: { title: string; about: string; findHint: string };
  columns: readonly Column<Row>[];
  /** The rows that fit, and how many do where not all of them are shown; nothing where they could not be told. */
  found: Found<Row> | null;
  /** Why they could not. */
  error?: Error | null;
  q: string | undefined;
  before?: string | undefined;
  next?: string | null | undefined;
  /** Whether it shows instants; it does unless it is said. */
  times?: boolean;
  /** What can be done here. */
  actions?: ReactNode;
  /** Whether what fits is still asked for. */
  busy?: boolean;
}

/** The page. */
export function FoundList<Row extends { id: string }>(props: FoundListProps<Row>) {
  const { title, about, findHint } = props.words;
  const { found, busy = false } = props;
  return (
    <Page title={title} about={about} actions={props.actions}>
      <Find hint={findHint} q={props.q} />
      <Stack gap="lg" aria-busy={busy} opacity={busy ? 0.6 : 1}>
        {found ? <Rows {...props} found={found} /> : <Missing error={props.error ?? null} />}
      </Stack>
    </Page>
  );
}

function Rows<Row extends { id: string }>(props: FoundListProps<Row> & { found: Found<Row> }) {
  const { shown, many = shown.length } = props.found;
  if (shown.length === 0) {
    return (
      <Empty Icon={IconFilterOff} title={words.none} action={<Pager next={null} before={props.before} />}>
        {words.noneDetail}
      </Empty>
    );
  }
  return (
    <>
      <DataTable
        label={props.words.title}
        columns={props.columns}
        rows={shown}
        rowKey={(row) => row.id}
        times={props.times ?? true}
        foot={<Pager next={props.next ?? null} before={props.before} />}
      />
      <Cut shown={shown.length} many={many} />
    </>
  );
}

/** The field. What is typed goes into the address after a pause, with the first page of what fits; what the address says goes into the field
 * where nobody is typing. */
function Find({ hint, q = "" }: { hint: string; q: string | undefined }) {
  const navigate = useNavigate();
  const field = useRef<HTMLInputElement>(null);
  const find = useDebouncedCallback((typed: string) => {
    void navigate({ to: ".", search: searchWith({ q: typedOf(typed), before: undefined }), replace: true });
  }, PAUSE_MS);
  useEffect(() => {
    if (field.current && field.current !== document.activeElement) field.current.value = q;
  }, [q]);
  return (
    <search aria-label={words.find} data-keeps-focus>
      <TextInput
        ref={field}
        type="search"
        maw={420}
        label={words.find}
        placeholder={hint}
        leftSection={<IconSearch size={16} aria-hidden />}
        autoComplete="off"
        spellCheck={false}
        maxLength={TYPED_CHARS_MAX}
        defaultValue={q}
        onChange={(event) => find(event.currentTarget.value)}
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
