// What is asked for besides the talk, and the key that asks. In: settings. Out: settings.
import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { numberOf, type Settings, toolsOf } from "../../../../lib/chat";
import type { Model } from "../../../../lib/models";
import { CAPS_USD, endPlaygroundKey, KEY_HOURS, type Owner, usePlaygroundKey } from "../../../../lib/playgroundKey";
import { bare, zoneName } from "../../../../lib/time";
import { tellDone, tellFault } from "../../../../lib/toasts";
import { playground as words } from "../../../../messages/playground";
import { Checkbox, NativeSelect, TextInput } from "../../../../parts/fields";
import { Lines } from "../../../../parts/Lines";
import { LinkButton } from "../../../../parts/links";
import { Section } from "../../../../parts/Page";

const EFFORTS = ["", "minimal", "low", "medium", "high"] as const;
const EXAMPLE = JSON.stringify(
  [
    {
      type: "function",
      function: {
        name: "get_weather",
        description: "The weather of a city",
        parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
      },
    },
  ],
  null,
  2,
);

/** What of the settings cannot be sent. */
export function wrongOf({ temperature, most, tools }: Settings) {
  return {
    temperature: numberOf(temperature, 0, 2) === null ? words.temperatureWrong : null,
    most: /^\d*$/.test(most.trim()) && numberOf(most, 1, 1e9) !== null ? null : words.mostWrong,
    tools: toolsOf(tools) === null ? words.toolsWrong : null,
  };
}

interface SettingsProps {
  settings: Settings;
  models: readonly Model[];
  change: (next: Partial<Settings>) => void;
}

/** The fields. */
export function SettingsFields({ settings, models, change }: SettingsProps) {
  const wrong = wrongOf(settings);
  const model = models.find(({ id }) => id === settings.model);
  return (
    <Section title={words.settings}>
      <Stack gap="sm">
        <NativeSelect
          label={words.model}
          data={models.map(({ id }) => id)}
          value={settings.model}
          onChange={(event) => change({ model: event.currentTarget.value })}
        />
        <Lines
          label={words.system}
          description={words.systemHint}
          rows={3}
          value={settings.system}
          onChange={(system) => change({ system })}
        />
        <Group grow align="flex-start">
          <TextInput
            label={words.temperature}
            placeholder={words.usual}
            inputMode="decimal"
            value={settings.temperature}
            error={wrong.temperature}
            onChange={(event) => change({ temperature: event.currentTarget.value })}
          />
          <TextInput
            label={words.most}
            placeholder={model && model.max_output_tokens > 0 ? String(model.max_output_tokens) : words.usual}
            inputMode="numeric"
            value={settings.most}
            error={wrong.most}
            onChange={(event) => change({ most: event.currentTarget.value })}
          />
        </Group>
        {model && model.reasoning !== "none" ? (
          <NativeSelect
            label={words.effort}
            data={EFFORTS.map((value) => ({ value, label: words.efforts[value] }))}
            value={settings.effort}
            onChange={(event) => change({ effort: event.currentTarget.value })}
          />
        ) : null}
        <Lines
          label={words.tools}
          description={words.toolsHint}
          rows={settings.tools ? 8 : 2}
          mono
          value={settings.tools}
          error={wrong.tools}
          onChange={(tools) => change({ tools })}
        />
        {settings.tools === "" ? (
          <Group>
            <Button variant="subtle" size="compact-sm" onClick={() => change({ tools: EXAMPLE })}>
              {words.toolsExample}
            </Button>
          </Group>
        ) : null}
        <Checkbox
          label={words.stream}
          checked={settings.stream}
          onChange={(event) => change({ stream: event.currentTarget.checked })}
        />
      </Stack>
    </Section>
  );
}

interface KeyProps {
  owner: Owner;
  capUsd: number;
  setCapUsd: (usd: number) => void;
}

/** The key that asks: how much it may spend, and its end. */
export function KeyBox({ owner, capUsd, setCapUsd }: KeyProps) {
  const client = useQueryClient();
  const key = usePlaygroundKey(owner);
  const ending = useMutation({
    mutationFn: () => endPlaygroundKey(owner),
    onSuccess: () => {
      tellDone(words.key.ended);
      return client.invalidateQueries({ queryKey: ["keys"] });
    },
    onError: tellFault,
  });
  return (
    <Section title={words.key.title}>
      {key ? (
        <>
          <Text size="sm">{words.key.made(key.capUsd, `${bare(key.endsAt)} ${zoneName()}`)}</Text>
          <Group gap="xs">
            <LinkButton to="/keys/$key" params={{ key: key.id }} variant="default" size="xs">
              {words.key.see}
            </LinkButton>
            <Button variant="subtle" color="red" size="xs" loading={ending.isPending} onClick={() => ending.mutate()}>
              {words.key.end}
            </Button>
          </Group>
        </>
      ) : (
        <>
          <Text size="sm" c="dimmed">
            {words.key.none(KEY_HOURS)}
          </Text>
          <NativeSelect
            label={words.key.cap}
            data={CAPS_USD.map((usd) => ({ value: String(usd), label: words.key.caps(usd) }))}
            value={String(capUsd)}
            onChange={(event) => setCapUsd(CAPS_USD.find((usd) => String(usd) === event.currentTarget.value) ?? 1)}
          />
        </>
      )}
    </Section>
  );
}
