// One command that sets Claude Code up on another machine: a token that works once, in the lines that take it. In: that somebody asks.
// Out: a dialog. Never here: the token kept anywhere else.
import { Button, Group, Text } from "@mantine/core";
import { IconTerminal2 } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { components } from "#schema";
import { api, take } from "../../../../lib/api";
import { useHere } from "../../../../lib/here";
import { bare, zoneName } from "../../../../lib/time";
import { tellFault } from "../../../../lib/toasts";
import { install as words } from "../../../../messages/install";
import { Choice } from "../../../../parts/Choice";
import { Secret } from "../../../../parts/Secret";

type Shell = "sh" | "powershell";

/** The button, for members: the key belongs to who asks. An operator who is none has nobody's machine to set up. */
export function SetUp() {
  const { workspace } = useHere();
  const [token, setToken] = useState<components["schemas"]["InstallToken"] | null>(null);
  const [shell, setShell] = useState<Shell>("sh");
  const making = useMutation({
    mutationFn: () =>
      take(api.POST("/workspaces/{workspace}/install-tokens", { params: { path: { workspace: workspace.id } } })),
    onSuccess: setToken,
    onError: tellFault,
  });
  if (!workspace.role) return null;
  return (
    <>
      <Button
        variant="default"
        loading={making.isPending}
        leftSection={<IconTerminal2 size={16} aria-hidden />}
        onClick={() => making.mutate()}
      >
        {words.action}
      </Button>
      <Secret
        title={words.title}
        about={words.about(token ? `${bare(token.ends_at)} ${zoneName()}` : "")}
        value={token?.[shell] ?? null}
        what={words.the}
        kept={words.kept}
        done={() => setToken(null)}
      >
        <Group gap="xs">
          <Choice
            label={words.shell}
            value={shell}
            options={(["sh", "powershell"] as const).map((value) => ({ value, label: words.shells[value] }))}
            onChange={setShell}
          />
        </Group>
        <Text size="sm">{words.makes}</Text>
        <Text size="sm" c="dimmed">
          {words.undo}
        </Text>
      </Secret>
    </>
  );
}
