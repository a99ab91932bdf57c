// Rows of a list, a page at a time by keyset. In: columns, rows, the `next` of the page. Out: a table that scrolls inside its own
// region, and links to older rows whose place is in the address. Never here: asking for rows, a sum of them.
import { Group, Paper, Text, VisuallyHidden } from "@mantine/core";
import { IconArrowBarToUp, IconArrowRight } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { searchWith } from "../lib/search";
import { zoneName } from "../lib/time";
import { common } from "../messages/common";
import classes from "./DataTable.module.css";
import { LinkButton } from "./links";

/** A column. */
export interface Column<Row> {
  key: string;
  head: string;
  cell: (row: Row) => ReactNode;
  /** Figures stand at the right, in digits of one width. */
  figures?: boolean;
  /** Left out below this width: what is missed there is on the row's own page. */
  from?: "xs" | "sm" | "md" | "lg" | "xl";
  /** The head is for who cannot see alone: a column of buttons. */
  quiet?: boolean;
}

interface DataTableProps<Row> {
  /** What the rows are, for who cannot see. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Whether it shows instants, whose zone is then told below. */
  times?: boolean;
  /** The last line, by the keys of columns: sums of more than these rows, as the server made them. */
  totals?: Readonly<Record<string, ReactNode>> | undefined;
  /** Rows that came just now. */
  fresh?: ((row: Row) => boolean) | undefined;
  /** Without the count of rows below it: it is all there is. */
  plain?: boolean;
  /** What stands below it: paging, as a rule. */
  foot?: ReactNode;
}

/** A table. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, times = false, plain = false, totals, fresh, foot } = props;
  return (
    <Paper withBorder className={classes.frame}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by the keyboard */}
      <section className={classes.scroll} aria-label={common.scrollTable(label)} tabIndex={0}>
        <table aria-label={label}>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.key} className={look(column)} scope="col">
                  {column.quiet ? <VisuallyHidden>{column.head}</VisuallyHidden> : column.head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={rowKey(row)} data-fresh={fresh?.(row) || undefined}>
                {columns.map((column) => (
                  <td key={column.key} className={look(column)}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
          {totals ? (
            <tfoot>
              <tr>
                {columns.map((column) => (
                  <td key={column.key} className={look(column)}>
                    {totals[column.key]}
                  </td>
                ))}
              </tr>
            </tfoot>
          ) : null}
        </table>
      </section>
      {plain ? null : (
        <Group justify="space-between" className={classes.foot}>
          <Text size="xs" c="dimmed">
            {[common.rows(rows.length), ...(times ? [common.times(zoneName())] : [])].join(" · ")}
          </Text>
          {foot}
        </Group>
      )}
    </Paper>
  );
}

/** Below some widths a column is left out (Mantine's own classes). */
function look<Row>({ from, figures, quiet }: Column<Row>): string {
  const classNames = [
    from && `mantine-visible-from-${from}`,
    figures && `figures ${classes.figures}`,
    quiet && classes.quiet,
  ];
  return classNames.filter(Boolean).join(" ");
}

/** Links to the next page and back to the first; the page is in the address, so the browser's own back works. */
export function Pager({ next, before }: { next: string | null; before: string | undefined }) {
  if (!next && !before) return null;
  return (
    <Group gap="xs">
      {before ? (
        <LinkButton
          to="."
          search={searchWith({ before: undefined })}
          variant="subtle"
          size="xs"
          leftSection={<IconArrowBarToUp size={14} aria-hidden />}
        >
          {common.newest}
        </LinkButton>
      ) : null}
      {next ? (
        <LinkButton
          to="."
          search={searchWith({ before: next })}
          variant="default"
          size="xs"
          rightSection={<IconArrowRight size={14} aria-hidden />}
        >
          {common.older}
        </LinkButton>
      ) : null}
    </Group>
  );
}
