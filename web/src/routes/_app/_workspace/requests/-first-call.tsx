// What stands in the place of requests before there is one: a line to paste, and the way to a key for it.
import { Code, Group, Stack, Text } from "@mantine/core";
import { IconKey, IconTerminal2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { aboutQuery } from "../../../../lib/about";
import { useHere } from "../../../../lib/here";
import { modelsQuery } from "../../../../lib/models";
import { snippets } from "../../../../lib/snippets";
import { requests as words } from "../../../../messages/usage";
import { CopyButton } from "../../../../parts/Copy";
import { LinkButton } from "../../../../parts/links";
import { Empty } from "../../../../parts/Page";

/** A call by curl, for a key that is put in. */
export function useFirstCall(): string | null {
  const { name } = useHere();
  const about = useQuery(aboutQuery).data;
  const models = useQuery(modelsQuery(name)).data?.data ?? [];
  const model = models.find(({ serves, may_call }) => serves === "chat" && may_call)?.id ?? null;
  return about ? (snippets(about, words.newKey, model)[0]?.text ?? null) : null;
}

/** The line, and what to do. */
export function FirstCall() {
  const here = useHere();
  const line = useFirstCall();
  return (
    <Empty
      Icon={IconTerminal2}
      title={words.empty}
      action={
        <Group justify="center">
          {line ? <CopyButton value={line} what={words.emptyCurl} /> : null}
          {here.may("keys.make") ? (
            <LinkButton to="/keys/new" variant="default" leftSection={<IconKey size={16} aria-hidden />}>
              {words.emptyNoKey}
            </LinkButton>
          ) : null}
        </Group>
      }
    >
      <Stack>
        <Text inherit>{words.emptyDetail}</Text>
        {line ? (
          <Code block tabIndex={0} ta="left" style={{ overflow: "auto" }}>
            {line}
          </Code>
        ) : null}
      </Stack>
    </Empty>
  );
}
