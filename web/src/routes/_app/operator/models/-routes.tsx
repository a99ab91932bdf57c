// The routes of a model: by whom, under which name there, in which order, and whether each is on. In: a form. Out: its fields.
import { ActionIcon, Button, Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { models } from "../../../../messages/catalogueModels";
import { Checkbox, NativeSelect, TextInput } from "../../../../parts/fields";
import { Section } from "../../../../parts/Page";
import { blankRoute, type ModelValues } from "./-values";

const words = models.form;

interface RoutesProps {
  form: UseFormReturnType<ModelValues>;
  /** The names of all providers. */
  providers: readonly string[];
}

/** The fields. */
export function RouteFields({ form, providers }: RoutesProps) {
  const { routes } = form.getValues();
  const names = [...new Set([...providers, ...routes.map(({ provider }) => provider)])];
  return (
    <Section title={words.routes} about={words.routesAbout}>
      {providers.length === 0 ? <Text c="dimmed">{words.noProviders}</Text> : null}
      {routes.map((route, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a route is its place
        <Paper key={n} withBorder p="sm">
          <Stack gap="xs">
            <SimpleGrid cols={{ base: 1, sm: 3 }}>
              <NativeSelect
                label={words.heads.provider}
                aria-label={words.provider(n + 1)}
                data={names}
                {...form.getInputProps(`routes.${n}.provider`)}
              />
              <TextInput
                label={words.heads.upstream}
                aria-label={words.upstream(n + 1)}
                required
                spellCheck={false}
                {...form.getInputProps(`routes.${n}.model`)}
              />
              <TextInput
                label={words.heads.priority}
                aria-label={words.priority(n + 1)}
                inputMode="numeric"
                {...form.getInputProps(`routes.${n}.priority`)}
              />
            </SimpleGrid>
            <Group justify="space-between">
              <Checkbox label={words.on(n + 1)} {...form.getInputProps(`routes.${n}.enabled`, { type: "checkbox" })} />
              <ActionIcon
                variant="subtle"
                color="gray"
                size="lg"
                aria-label={words.routeRemove(n + 1)}
                onClick={() => form.removeListItem("routes", n)}
              >
                <IconTrash size={16} aria-hidden />
              </ActionIcon>
            </Group>
            {Object.keys(route.more).length > 0 ? (
              <Text size="xs" c="dimmed" className="unbroken">
                {words.routeMore(JSON.stringify(route.more))}
              </Text>
            ) : null}
          </Stack>
        </Paper>
      ))}
      <Group>
        <Button
          variant="default"
          size="xs"
          disabled={providers.length === 0}
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => form.insertListItem("routes", blankRoute(providers[0] ?? ""))}
        >
          {words.routeAdd}
        </Button>
      </Group>
    </Section>
  );
}
