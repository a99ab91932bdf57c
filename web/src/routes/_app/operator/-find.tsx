// What is looked for in a list, and what stands in its place where nothing fits. In: what the address says. Out: another address.
import { Text } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { count } from "../../../lib/figures";
import { list as words } from "../../../messages/house";
import { TextInput } from "../../../parts/fields";

interface FindProps {
  hint: string;
  q: string | undefined;
  change: (q: string | undefined) => void;
}

/** The field. */
export function Find({ hint, q = "", change }: FindProps) {
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
export function Cut({ shown, many }: { shown: number; many: number }) {
  if (shown >= many) return null;
  return (
    <Text size="sm" c="dimmed" role="status">
      {words.cut(count(shown), count(many))}
    </Text>
  );
}
