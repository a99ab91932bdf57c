// The key that secrets are sealed with, changed: asked again until nothing is left. Never here: the master key; it never comes over the
// network.
import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useState } from "react";
import { api, take } from "../../../../lib/api";
import { confirm } from "../../../../lib/confirm";
import { count } from "../../../../lib/figures";
import type { Resealing } from "../../../../lib/platform";
import { tellDone } from "../../../../lib/toasts";
import { platform } from "../../../../messages/platform";
import { Section } from "../../../../parts/Page";

const words = platform.secrets;

/** What the turns of one change came to: each tells of its own part. */
interface Sealed {
  last: Resealing;
  resealed: number;
}

/** The part of the page. */
export function Secrets() {
  const [sealed, setSealed] = useState<Sealed | null>(null);
  const rotate = async () => {
    let resealed = 0;
    for (let last = await turn(); ; last = await turn()) {
      resealed += last.resealed;
      setSealed({ last, resealed });
      if (last.finished) return tellDone(words.done(count(last.key)));
    }
  };
  const ask = () =>
    confirm({ title: words.ask, consequence: words.consequence, action: words.action, danger: false, run: rotate });
  return (
    <Section
      title={words.title}
      about={words.about}
      actions={
        <Button variant="default" leftSection={<IconKey size={16} aria-hidden />} onClick={ask}>
          {words.action}
        </Button>
      }
    >
      <div role="status">{sealed ? <Result of={sealed} /> : null}</div>
    </Section>
  );
}

/** As much as a few seconds allow. */
const turn = () => take(api.POST("/secrets/rotate"));

function Result({ of: { last, resealed } }: { of: Sealed }) {
  const many = words.secrets(resealed, count(resealed));
  return (
    <Alert color={last.unreadable > 0 ? "orange" : "teal"} variant="light">
      <Stack gap={4}>
        <Text size="sm">{last.finished ? words.made(count(last.key), many) : words.going(many)}</Text>
        {last.unreadable > 0 ? (
          <Text size="sm">{words.unreadable(last.unreadable, count(last.unreadable))}</Text>
        ) : null}
      </Stack>
    </Alert>
  );
}
