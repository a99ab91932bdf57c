// The way to the first call: a key, a line to paste, and the request as it arrives.
import { Code, Group, Stack, Text, ThemeIcon } from "@mantine/core";
import "@mantine/core/styles/ThemeIcon.css";
import { IconBroadcast, IconCheck, IconKey, IconTerminal2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ComponentType, ReactNode } from "react";
import type { Request } from "../../../../lib/events";
import { useHere } from "../../../../lib/here";
import { keysQuery } from "../../../../lib/keys";
import { overview } from "../../../../messages/usage";
import { CopyButton } from "../../../../parts/Copy";
import { LinkButton } from "../../../../parts/links";
import { Section } from "../../../../parts/Page";
import { useFirstCall } from "../requests/-first-call";
import classes from "./overview.module.css";

const words = overview.start;

/** The steps; the last is done by the first request. */
export function GettingStarted({ first }: { first: Request | null }) {
  const here = useHere();
  const keys = useQuery(keysQuery(here.name)).data?.data ?? [];
  const line = useFirstCall();
  const makes = here.may("keys.make");
  const hasKey = keys.length > 0 || first !== null;
  return (
    <Section title={words.title} about={words.about}>
      <ol className={classes.steps}>
        <Step Icon={IconKey} title={words.key} done={hasKey}>
          <Text c="dimmed">{makes ? words.keyAbout : words.keyAsk}</Text>
          {makes && !hasKey ? (
            <Group>
              <LinkButton to="/keys/new">{words.key}</LinkButton>
            </Group>
          ) : null}
        </Step>
        <Step Icon={IconTerminal2} title={words.call} done={first !== null}>
          <Text c="dimmed">{words.callAbout}</Text>
          {line && first === null ? (
            <>
              <Code block tabIndex={0} style={{ overflow: "auto" }}>
                {line}
              </Code>
              <Group>
                <CopyButton value={line} what={words.copyWhat} />
              </Group>
            </>
          ) : null}
        </Step>
        <Step Icon={IconBroadcast} title={words.watch} done={first !== null}>
          <Text {...(first ? {} : { c: "dimmed" })} role="status">
            {first ? words.arrived : words.watching}
          </Text>
          {first ? (
            <Group>
              <LinkButton to="/requests/$request" params={{ request: first.request_id }} variant="light">
                {words.see}
              </LinkButton>
            </Group>
          ) : null}
        </Step>
      </ol>
    </Section>
  );
}

interface StepProps {
  Icon: ComponentType<{ size?: number; stroke?: number }>;
  title: string;
  done: boolean;
  children: ReactNode;
}

function Step({ Icon, title, done, children }: StepProps) {
  return (
    <li className={classes.step} data-done={done || undefined}>
      <ThemeIcon size={36} radius="xl" variant="light" color={done ? "teal" : "toll"} aria-hidden>
        {done ? <IconCheck size={20} /> : <Icon size={20} stroke={1.7} />}
      </ThemeIcon>
      <Stack gap="xs" miw={0} flex={1}>
        <Text fw={600}>
          {title} <span className={classes.state}>({done ? words.done : words.open})</span>
        </Text>
        {children}
      </Stack>
    </li>
  );
}
