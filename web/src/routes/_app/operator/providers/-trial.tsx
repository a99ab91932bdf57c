// A provider that is tried: asked for its models, with how long it took or what is wrong. In: how it would stand in the catalogue. Out: a
// button and what was seen. Never here: keeping a credential.
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconCheck, IconInfoCircle, IconPlugConnected, IconX } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import type { components } from "#schema";
import { api, take } from "../../../../lib/api";
import { asFault } from "../../../../lib/fault";
import { count } from "../../../../lib/figures";
import { providers } from "../../../../messages/catalogueProviders";
import { FaultNote } from "../../../../parts/FaultNote";
import { headersOf, type ProviderValues, typedSecrets } from "./-values";

/** How a provider answered. */
export type Tried = components["schemas"]["ProviderTried"];

const words = providers.trial;
const NAMED_MAX = 30;

/** What is asked: the first credential that is typed, or the first that is stored. */
function trialOf(values: ProviderValues, stored: boolean): components["schemas"]["ProviderTrial"] {
  const [credential] = typedSecrets(values);
  const headers = headersOf(values);
  return {
    kind: values.kind,
    base_url: values.base_url.trim(),
    ...(stored ? { name: values.name } : {}),
    ...(values.auth ? { auth: values.auth } : {}),
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(credential === undefined ? {} : { credential }),
  };
}

interface TrialProps {
  /** What stands in the form now. */
  values: () => ProviderValues;
  /** Whether it is in the catalogue, with its credentials. */
  stored: boolean;
  told?: (tried: Tried) => void;
  /** Whether its models are named: a form that chooses from them does it itself. */
  names?: boolean;
}

/** The button, and what was seen. */
export function Trial({ values, stored, told, names = true }: TrialProps) {
  const trying = useMutation({
    mutationFn: () => take(api.POST("/providers/try", { body: trialOf(values(), stored) })),
    onSuccess: (tried) => told?.(tried),
  });
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Button
          variant="light"
          leftSection={<IconPlugConnected size={16} aria-hidden />}
          loading={trying.isPending}
          onClick={() => trying.mutate()}
        >
          {words.action}
        </Button>
        <Text size="sm" c="dimmed">
          {words.about}
        </Text>
      </Group>
      <div role="status" style={{ display: "contents" }}>
        {trying.data && !trying.isPending ? <Seen of={trying.data} names={names} /> : null}
      </div>
      <FaultNote fault={trying.error ? asFault(trying.error) : null} />
    </Stack>
  );
}

function Seen({ of: tried, names }: { of: Tried; names: boolean }) {
  const unknown = tried.fault === "nothing_to_ask";
  const title = tried.answered ? words.good : unknown ? words.unknown : words.bad;
  const colour = tried.answered ? "teal" : unknown ? "blue" : "red";
  const Icon = tried.answered ? IconCheck : unknown ? IconInfoCircle : IconX;
  const ms = count(tried.latency_ms);
  const took = tried.status === null ? words.tookNone(ms) : words.took(ms, String(tried.status));
  const more = tried.models.length - NAMED_MAX + tried.models_left_out;
  return (
    <Alert color={colour} variant="light" title={title} icon={<Icon size={18} aria-hidden />}>
      <Stack gap={4}>
        <Text size="sm" className="unbroken">
          {tried.detail}
        </Text>
        {unknown ? null : (
          <Text size="xs" className="figures">
            {took}
          </Text>
        )}
        {names && tried.models.length > 0 ? (
          <Text size="sm" className="unbroken">
            {words.models}: {tried.models.slice(0, NAMED_MAX).join(", ")}
            {more > 0 ? ` ${words.more(count(more))}` : ""}
          </Text>
        ) : null}
      </Stack>
    </Alert>
  );
}
