// What changes, entry by entry, value by value. In: a difference as the gateway tells it. Out: tables. Never here: asking for it.
import { Badge, Code, Group, Stack, Text } from "@mantine/core";
import type { Edit } from "../../../lib/catalogue";
import { type Row, rowsOf } from "../../../lib/difference";
import { change as words } from "../../../messages/catalogue";
import { type Column, DataTable } from "../../../parts/DataTable";

const COLOURS = { add: "teal", change: "blue", remove: "red" } as const;

/** All lines. */
export default function Difference({ of: lines }: { of: readonly Edit[] }) {
  if (lines.length === 0) return <Text c="dimmed">{words.none}</Text>;
  return (
    <Stack gap="lg">
      {lines.map((line) => (
        <Line key={`${line.edit} ${line.what} ${line.name}`} of={line} />
      ))}
    </Stack>
  );
}

function Line({ of: line }: { of: Edit }) {
  // What comes or goes is named above.
  const rows = rowsOf(line).filter(({ field }) => line.edit === "change" || (field !== "name" && field !== "id"));
  const name = `${words.edits[line.edit]}: ${words.whats[line.what]} ${line.name}`;
  return (
    <Stack gap={6}>
      <Group gap="xs">
        <Badge color={COLOURS[line.edit]}>{words.edits[line.edit]}</Badge>
        <Text fw={600} className="unbroken">
          {words.whats[line.what]} {line.name}
        </Text>
      </Group>
      {rows.length > 0 ? (
        <DataTable label={name} plain columns={columnsOf(line)} rows={rows} rowKey={({ field }) => field} />
      ) : null}
    </Stack>
  );
}

/** What comes has no before, what goes no after. */
function columnsOf({ edit, what }: Edit): readonly Column<Row>[] {
  const told = (side: "before" | "after") => (row: Row) => {
    const text = row[side];
    if (text === null) {
      return (
        <Text inherit c="dimmed" component="span">
          {words.absent}
        </Text>
      );
    }
    if (what !== "credentials") return <Code className="unbroken">{text}</Code>;
    return side === "after" && row.before === text ? words.replaced(text) : words.stored(text);
  };
  const field: Column<Row> = {
    key: "field",
    head: words.columns.field,
    cell: (row) => (
      <Text inherit miw={104} className="unbroken">
        {row.field}
      </Text>
    ),
  };
  const before: Column<Row> = { key: "before", head: words.columns.before, cell: told("before") };
  const after: Column<Row> = { key: "after", head: words.columns.after, cell: told("after") };
  if (edit === "add") return [field, after];
  return edit === "remove" ? [field, before] : [field, before, after];
}
