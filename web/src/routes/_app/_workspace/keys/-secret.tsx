// A new key, once: its text, the environment that SDKs read, and lines that call a model with it. Which model it may call is asked
// with the key itself.
import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { aboutQuery, baseUrl } from "../../../../lib/about";
import { download } from "../../../../lib/download";
import type { NewKey } from "../../../../lib/keys";
import { dotenv, snippets } from "../../../../lib/snippets";
import { keys } from "../../../../messages/keys";
import { Choice } from "../../../../parts/Choice";
import { Copy } from "../../../../parts/Copy";
import { Secret } from "../../../../parts/Secret";

/** The dialog; without a key there is none. */
export function KeySecret({ made, done }: { made: NewKey | null; done: () => void }) {
  const about = useQuery(aboutQuery).data;
  return (
    <Secret
      title={keys.secret.title}
      about={keys.secret.about}
      value={made?.key ?? null}
      what={keys.secret.the}
      kept={keys.secret.kept}
      done={done}
      actions={
        about && made ? (
          <Button
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden />}
            onClick={() => download("tollgate.env", dotenv(about, made.key))}
          >
            {keys.secret.env}
          </Button>
        ) : null
      }
    >
      {made ? <Try apiKey={made.key} /> : null}
    </Secret>
  );
}

/** The first model that the key may call; nothing where it may read no list. */
function useModel(key: string): string | null {
  const about = useQuery(aboutQuery).data;
  const base = about ? (baseUrl(about, "openai") ?? baseUrl(about, "anthropic")) : null;
  const asked = useQuery({
    queryKey: ["first-model", base],
    enabled: base !== null,
    gcTime: 0,
    queryFn: () => firstModel(`${base}/models`, key),
  });
  return asked.data ?? null;
}

async function firstModel(url: string, key: string): Promise<string | null> {
  const path = new URL(url).pathname;
  const response = await fetch(path, { headers: { authorization: `Bearer ${key}` }, credentials: "omit" });
  if (!response.ok) return null;
  const list: { data?: { id?: string; type?: string; kind?: string }[] } = await response.json();
  return list.data?.[0]?.id ?? null;
}

function Try({ apiKey }: { apiKey: string }) {
  const about = useQuery(aboutQuery).data;
  const model = useModel(apiKey);
  const ways = about ? snippets(about, apiKey, model) : [];
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = ways.find((way) => way.id === chosen) ?? ways[0];
  if (!shown) return null;
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        <Text fw={600}>{keys.secret.try}</Text>
        <Group gap="xs">
          {ways.length > 1 ? (
            <Choice
              label={keys.secret.tryIn}
              value={shown.id}
              onChange={setChosen}
              options={ways.map((way) => ({ value: way.id, label: way.label }))}
            />
          ) : null}
          <Copy value={shown.text} what={keys.secret.try.toLowerCase()} />
        </Group>
      </Group>
      <Code block tabIndex={0} mah={180} style={{ overflow: "auto" }}>
        {shown.text}
      </Code>
    </Stack>
  );
}
