// Which span of time is looked at. In: what the address says. Out: another address.
import { Group } from "@mantine/core";
import { RANGES, type RangeSearch, spanOf } from "../../../../lib/spans";
import { sums as words } from "../../../../messages/usage";
import { Choice } from "../../../../parts/Choice";
import { TextInput } from "../../../../parts/fields";

const DAY_MS = 86_400_000;
const DATE_CHARS = 10;

interface RangePickerProps {
  search: RangeSearch;
  change: (next: RangeSearch) => void;
}

/** Spans by name, and two days for any other. */
export function RangePicker({ search, change }: RangePickerProps) {
  const { range = "7d" } = search;
  const choose = (next: (typeof RANGES)[number]) => {
    const now = next === "custom" ? spanOf(search, Date.now()) : { from: undefined, until: undefined };
    change({ range: next, from: now.from, until: now.until });
  };
  return (
    <Group gap="sm" align="flex-end">
      <Choice
        label={words.range}
        value={range}
        options={RANGES.map((value) => ({ value, label: words.ranges[value] }))}
        onChange={choose}
      />
      {range === "custom" && search.from && search.until ? (
        <Days from={search.from} until={search.until} change={change} />
      ) : null}
    </Group>
  );
}

/** The first and the last day. A day that is half typed changes nothing. */
function Days({ from, until, change }: { from: string; until: string; change: RangePickerProps["change"] }) {
  const first = from.slice(0, DATE_CHARS);
  const last = new Date(Date.parse(until) - 1).toISOString().slice(0, DATE_CHARS);
  const set = (begin: string, end: string) => {
    const [begins, ends] = [Date.parse(begin), Date.parse(end) + DAY_MS];
    if (!(begins < ends)) return;
    change({ range: "custom", from: new Date(begins).toISOString(), until: new Date(ends).toISOString() });
  };
  return (
    <>
      <TextInput
        type="date"
        label={words.firstDay}
        value={first}
        max={last}
        onChange={(event) => set(event.currentTarget.value, last)}
      />
      <TextInput
        type="date"
        label={words.lastDay}
        value={last}
        min={first}
        onChange={(event) => set(first, event.currentTarget.value)}
      />
    </>
  );
}
