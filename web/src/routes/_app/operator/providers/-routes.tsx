// The routes of a provider, switched off and on: what is done while it fails. In: the catalogue. Out: changes of models. Never here: other
// fields of a route; its model has them.
import { Badge, Button, Code, Group, Text } from "@mantine/core";
import { type Docs, isOn, type RouteDoc, switched } from "../../../../lib/catalogue";
import { providers } from "../../../../messages/catalogueProviders";
import { type Column, DataTable } from "../../../../parts/DataTable";
import { LinkAnchor } from "../../../../parts/links";
import { Section } from "../../../../parts/Page";
import { making, useChanging } from "../-change";

const words = providers.routesOf;

interface Row {
  key: string;
  model: string;
  route: RouteDoc;
}

interface RoutesProps {
  docs: Docs;
  provider: string;
  saved: (version: number) => void;
}

/** The table, with its switches. */
export function Routes({ docs, provider, saved }: RoutesProps) {
  const changing = useChanging({ opened: docs.version, done: saved });
  const rows = docs.model.flatMap(({ id, route = [] }) =>
    route.flatMap((one, n): Row[] => (one.provider === provider ? [{ key: `${n} ${id}`, model: id, route: one }] : [])),
  );
  const ask = (on: boolean, only?: string) => changing.ask(making(switched(docs, provider, on, only)));
  const anyOn = rows.some(({ route }) => isOn(route));
  const all = (
    <Button
      variant="light"
      size="xs"
      color={anyOn ? "orange" : "toll"}
      loading={changing.busy}
      onClick={() => ask(!anyOn)}
    >
      {anyOn ? words.allOff : words.allOn}
    </Button>
  );
  return (
    <Section title={words.title} about={words.about} actions={rows.length > 0 ? all : null}>
      {rows.length === 0 ? (
        <Text c="dimmed">{words.none}</Text>
      ) : (
        <DataTable label={words.title} plain columns={columns(ask)} rows={rows} rowKey={({ key }) => key} />
      )}
      {changing.dialog}
    </Section>
  );
}

function columns(ask: (on: boolean, only: string) => void): readonly Column<Row>[] {
  const { model, upstream, priority, state } = words.columns;
  return [
    {
      key: "model",
      head: model,
      cell: (row) => (
        <LinkAnchor to="/operator/models/edit" search={{ id: row.model }} inherit className="unbroken">
          {row.model}
        </LinkAnchor>
      ),
    },
    {
      key: "upstream",
      head: upstream,
      from: "sm",
      cell: ({ route }) => <Code className="unbroken">{route.model}</Code>,
    },
    { key: "priority", head: priority, from: "sm", figures: true, cell: ({ route }) => route.priority ?? 1 },
    {
      key: "state",
      head: state,
      cell: ({ route }) => <Badge color={isOn(route) ? "teal" : "gray"}>{isOn(route) ? words.on : words.off}</Badge>,
    },
    {
      key: "switch",
      head: providers.routesOf.columns.state,
      quiet: true,
      cell: (row) => {
        const on = isOn(row.route);
        return (
          <Group justify="flex-end">
            <Button
              variant="subtle"
              size="compact-sm"
              color={on ? "orange" : "toll"}
              aria-label={on ? words.switchOffOf(row.model) : words.switchOnOf(row.model)}
              onClick={() => ask(!on, row.model)}
            >
              {on ? words.switchOff : words.switchOn}
            </Button>
          </Group>
        );
      },
    },
  ];
}
