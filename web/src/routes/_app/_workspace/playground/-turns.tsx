// The turns of a talk on screen. What people and models say is text, and shown as such.
import { Alert, Badge, Code, Stack, Text } from "@mantine/core";
import { IconMessages } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import type { Reply, Turn } from "../../../../lib/chat";
import { playground as words } from "../../../../messages/playground";
import { FaultNote } from "../../../../parts/FaultNote";
import { Empty } from "../../../../parts/Page";
import { Cost } from "./-cost";
import type { Ended, Talk } from "./-talk";
import classes from "./playground.module.css";

/** All turns, and the one that is coming. */
export function Turns({ talk, model }: { talk: Talk; model: string }) {
  const end = useRef<HTMLDivElement>(null);
  const { shown, coming } = talk;
  const length = `${shown.length} ${coming?.text.length ?? 0} ${coming?.thinking.length ?? 0}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each word that comes moves the end
  useEffect(() => {
    end.current?.scrollIntoView({ block: "nearest" });
  }, [length]);
  if (shown.length === 0 && coming === null) {
    return (
      <Empty Icon={IconMessages} title={words.empty}>
        {words.emptyDetail}
      </Empty>
    );
  }
  return (
    <Stack gap="md" component="section" aria-label={words.talk}>
      {shown.map(({ n, turn, ended }) => (
        <Said key={n} turn={turn} ended={ended} model={model} />
      ))}
      {coming ? (
        <Bubble who={model} side="model">
          <Answer of={coming} runs />
        </Bubble>
      ) : null}
      <div ref={end} />
    </Stack>
  );
}

function Said({ turn, ended, model }: { turn: Turn; ended: Ended | null; model: string }) {
  if (turn.role === "user") {
    return (
      <Bubble who={words.you} side="reader">
        <p className={classes.words}>{turn.text}</p>
        <Pictures of={turn.images} />
      </Bubble>
    );
  }
  if (turn.role === "tool") {
    return (
      <Bubble who={words.tool(turn.name)} side="reader">
        <Code block className={classes.code}>
          {turn.text}
        </Code>
      </Bubble>
    );
  }
  const { reply } = turn;
  const why = reply.finish === null ? null : words.ends[reply.finish];
  return (
    <Bubble who={model} side="model">
      <Answer of={reply} />
      {why ? <Alert color="yellow">{why}</Alert> : null}
      {ended?.stopped ? <Alert color="gray">{words.stopped}</Alert> : null}
      {ended?.fault ? <FaultNote fault={ended.fault} /> : null}
      {ended?.request ? <Cost of={ended.request} /> : null}
    </Bubble>
  );
}

/** Pictures that go with a message. */
export function Pictures({ of: urls }: { of: readonly string[] }) {
  if (urls.length === 0) return null;
  return (
    <div className={classes.pictures}>
      {urls.map((url, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pictures are told apart by their place alone
        <img key={n} src={url} alt={words.attached(n + 1)} className={classes.picture} />
      ))}
    </div>
  );
}

function Bubble({ who, side, children }: { who: string; side: "reader" | "model"; children: React.ReactNode }) {
  return (
    <article className={classes.turn} data-side={side}>
      <Text size="xs" fw={650} c="dimmed" className="unbroken">
        {who}
      </Text>
      {children}
    </article>
  );
}

function Answer({ of: { thinking, text, calls }, runs = false }: { of: Reply; runs?: boolean }) {
  const silent = text === "" && thinking === "" && calls.length === 0;
  return (
    <>
      {thinking ? (
        <details className={classes.thinking} open={runs && text === ""}>
          <summary>{runs && text === "" ? words.thinking : words.thought}</summary>
          <p className={classes.words}>{thinking}</p>
        </details>
      ) : null}
      {text ? <p className={classes.words}>{text}</p> : null}
      {calls.map((call) => (
        <Stack key={call.id || call.name} gap={4} align="flex-start">
          <Badge color="gray">{words.calls(call.name)}</Badge>
          <Code block className={classes.code}>
            {call.args}
          </Code>
        </Stack>
      ))}
      {runs && silent ? (
        <Text c="dimmed" role="status">
          {words.waiting}
        </Text>
      ) : null}
    </>
  );
}
