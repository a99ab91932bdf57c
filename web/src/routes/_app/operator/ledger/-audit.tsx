// Whether the books agree: when that was looked at last and how often, and the same now. In: the ledger. Out: what was found, in words.
import { Alert, Badge, Button, Code, Stack, Text } from "@mantine/core";
import { IconCheck, IconScale } from "@tabler/icons-react";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { asFault } from "../../../../lib/fault";
import { count } from "../../../../lib/figures";
import { type Audit, audit, ledgerQuery } from "../../../../lib/ledger";
import { usdExact } from "../../../../lib/money";
import { every } from "../../../../lib/time";
import { ledger } from "../../../../messages/ledger";
import { type Column, DataTable } from "../../../../parts/DataTable";
import { Fact, Facts } from "../../../../parts/Facts";
import { FaultNote } from "../../../../parts/FaultNote";
import { Section } from "../../../../parts/Page";
import { When } from "../../../../parts/When";

const words = ledger.audit;

/** The part of the page. */
export function AuditPart() {
  const client = useQueryClient();
  const sums = useSuspenseQuery(ledgerQuery).data;
  const run = useMutation({
    mutationFn: audit,
    onSettled: () => client.invalidateQueries({ queryKey: ["ledger", "sums"] }),
  });
  return (
    <Section
      title={words.title}
      about={words.about}
      actions={
        <Button
          variant="default"
          loading={run.isPending}
          leftSection={<IconScale size={16} aria-hidden />}
          onClick={() => run.mutate()}
        >
          {words.run}
        </Button>
      }
    >
      <Facts>
        <Fact name={words.last}>
          <Last at={sums.audited_at ?? null} findings={sums.audit_findings ?? 0} />
        </Fact>
        <Fact name={words.every}>
          {sums.audit_every_ms === 0 ? words.everyNever : words.everyIs(every(sums.audit_every_ms))}
        </Fact>
      </Facts>
      <FaultNote fault={run.error ? asFault(run.error) : null} />
      <div role="status">{run.data ? <Result of={run.data} /> : null}</div>
    </Section>
  );
}

function Last({ at, findings }: { at: string | null; findings: number }) {
  if (!at) return words.never;
  return (
    <>
      <When at={at} />{" "}
      <Badge color={findings === 0 ? "teal" : "red"}>
        {findings === 0 ? words.clean : words.dirty(findings, count(findings))}
      </Badge>
    </>
  );
}

function Result({ of }: { of: Audit }) {
  const many = of.findings.length;
  return (
    <Stack>
      {of.clean ? (
        <Alert color="teal" variant="light" icon={<IconCheck size={18} aria-hidden />} title={words.clean} />
      ) : (
        <Alert color="red" variant="light" title={words.dirty(many, count(many))}>
          {words.dirtyAdvice}
        </Alert>
      )}
      <Facts>
        <Fact name={words.looked}>{words.lookedAt(count(of.accounts), count(of.transfers), count(of.usage_rows))}</Fact>
        <Fact name={words.charged}>{usdExact(of.charged_usd)}</Fact>
        <Fact name={words.writtenOff}>
          <Stack gap={0}>
            <span>{usdExact(of.written_off_usd)}</span>
            <Text size="xs" c="dimmed">
              {words.writtenOffAbout}
            </Text>
          </Stack>
        </Fact>
      </Facts>
      {many > 0 ? (
        <DataTable
          label={words.findings}
          columns={COLUMNS}
          rows={of.findings.map((text, n) => finding(text, n))}
          rowKey={(row) => row.id}
        />
      ) : null}
    </Stack>
  );
}

interface Finding {
  id: string;
  rule: string;
  found: string;
}

/** A line of the audit begins with its rule: `I2 account gra_..: ..`. */
function finding(text: string, n: number): Finding {
  const [rule = "", ...rest] = text.split(" ");
  return { id: String(n), rule, found: rest.join(" ") };
}

const COLUMNS: readonly Column<Finding>[] = [
  { key: "rule", head: words.columns.rule, from: "sm", cell: (row) => <Code>{row.rule}</Code> },
  {
    key: "means",
    head: words.columns.means,
    cell: (row) => (
      <Text inherit maw={320} miw={120}>
        {ledger.rules[row.rule] ?? ledger.rulesOther}
      </Text>
    ),
  },
  {
    key: "found",
    head: words.columns.found,
    cell: (row) => (
      <Text inherit maw={480} className="unbroken">
        {row.found}
      </Text>
    ),
  },
];
