// A talk with a model by the public API, with a key that is made for it (docs/CONSOLE.md says how it is kept). The model stands in the
// address; nothing else is kept anywhere.
import { Button } from "@mantine/core";
import { IconEraser, IconKeyOff, IconMessageOff } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { aboutQuery, baseUrl } from "../../../../lib/about";
import { bodyOf, type Settings } from "../../../../lib/chat";
import { useHere } from "../../../../lib/here";
import { type Model, modelsQuery } from "../../../../lib/models";
import { CAPS_USD } from "../../../../lib/playgroundKey";
import { textOf } from "../../../../lib/search";
import { playground as words } from "../../../../messages/playground";
import { Empty, Page } from "../../../../parts/Page";
import { AsCode } from "./-code";
import { Composer } from "./-composer";
import { KeyBox, SettingsFields, wrongOf } from "./-settings";
import { useTalk } from "./-talk";
import { Turns } from "./-turns";
import classes from "./playground.module.css";

export const Route = createFileRoute("/_app/_workspace/playground/")({
  validateSearch: (search: Record<string, unknown>) => ({ model: textOf(search.model) }),
  loader: ({ context: { client, workspaceName } }) =>
    Promise.all([client.ensureQueryData(modelsQuery(workspaceName)), client.ensureQueryData(aboutQuery)]),
  component: Playground,
});

function Playground() {
  const here = useHere();
  const about = useSuspenseQuery(aboutQuery).data;
  const all = useSuspenseQuery(modelsQuery(here.name)).data.data;
  const models = all.filter(({ serves, may_call, endpoints }) => {
    return serves === "chat" && may_call && endpoints.includes("openai");
  });
  const surface = about.surfaces.find(({ families }) => families.includes("openai"));
  const told = !here.may("keys.make")
    ? ([IconKeyOff, words.mayNot, words.mayNotDetail] as const)
    : !surface
      ? ([IconMessageOff, words.noSurface, words.noSurfaceDetail] as const)
      : models.length === 0
        ? ([IconMessageOff, words.noModel, words.noModelDetail] as const)
        : null;
  if (told || !surface) {
    const [Icon, title, detail] = told ?? [IconMessageOff, words.noSurface, words.noSurfaceDetail];
    return (
      <Page title={words.title} about={words.about}>
        <Empty Icon={Icon} title={title}>
          {detail}
        </Empty>
      </Page>
    );
  }
  // By the path alone: what is called must be of this origin (the policy says so), whatever address the gateway is told by.
  return (
    <Room key={here.workspace.id} models={models} base={surface.base} shownBase={baseUrl(about, "openai") ?? ""} />
  );
}

interface RoomProps {
  models: readonly Model[];
  base: string;
  /** The address for programs elsewhere. */
  shownBase: string;
}

function Room({ models, base, shownBase }: RoomProps) {
  const { session, workspace } = useHere();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const model = models.find(({ id }) => id === search.model)?.id ?? models[0]?.id ?? "";
  const [rest, setRest] = useState({ system: "", temperature: "", most: "", effort: "", tools: "", stream: true });
  const [capUsd, setCapUsd] = useState<number>(CAPS_USD[0]);
  const settings: Settings = { ...rest, model };
  const owner = { user: session.user.id, workspace: workspace.id };
  const talk = useTalk(owner, base, capUsd);
  const change = ({ model: next, ...others }: Partial<Settings>) => {
    setRest({ ...rest, ...others });
    if (next !== undefined) void navigate({ search: (now) => ({ ...now, model: next }), replace: true });
  };
  const last = talk.shown.at(-1)?.turn;
  const calls = last?.role === "assistant" ? last.reply.calls : [];
  const turns = talk.shown.map(({ turn }) => turn);
  const next = turns.at(-1)?.role === "user" ? turns : [...turns, { role: "user" as const, text: "Hello", images: [] }];
  return (
    <Page
      title={words.title}
      about={words.about}
      actions={
        talk.shown.length > 0 ? (
          <Button variant="default" leftSection={<IconEraser size={16} aria-hidden />} onClick={talk.clear}>
            {words.clear}
          </Button>
        ) : null
      }
    >
      <div className={classes.page} data-keeps-focus>
        <div className={classes.talk}>
          <Turns talk={talk} model={model} />
          <Composer
            calls={calls}
            runs={talk.coming !== null}
            ready={Object.values(wrongOf(settings)).every((wrong) => wrong === null)}
            send={(said) => talk.send(said, settings)}
            stop={talk.stop}
          />
        </div>
        <div className={classes.side}>
          <SettingsFields settings={settings} models={models} change={change} />
          <KeyBox owner={owner} capUsd={capUsd} setCapUsd={setCapUsd} />
        </div>
        <div className={classes.below}>
          <AsCode base={shownBase} body={bodyOf(settings, next)} />
        </div>
      </div>
    </Page>
  );
}
