// The platform: its switch, the tokens of who runs it, the key of its secrets.
import { Badge, Button, Code, Text } from "@mantine/core";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { api, take } from "../../../../lib/api";
import { confirm } from "../../../../lib/confirm";
import { platformQuery, tokensQuery } from "../../../../lib/platform";
import { tellDone } from "../../../../lib/toasts";
import { platform as words } from "../../../../messages/platform";
import { Fact, Facts } from "../../../../parts/Facts";
import { Page, Section } from "../../../../parts/Page";
import { Secrets } from "./-secrets";
import { OperatorTokens } from "./-tokens";

export const Route = createFileRoute("/_app/operator/platform/")({
  codeSplitGroupings: [["loader", "component"]],
  loader: ({ context: { client } }) =>
    Promise.all([client.ensureQueryData(platformQuery), client.ensureQueryData(tokensQuery)]),
  component: PlatformPage,
});

function PlatformPage() {
  return (
    <Page title={words.title} about={words.about}>
      <Api />
      <OperatorTokens />
      <Secrets />
    </Page>
  );
}

/** The switch of the whole API, with what it means. */
function Api() {
  const client = useQueryClient();
  const off = useSuspenseQuery(platformQuery).data.api_off;
  const told = off ? words.api.switchOn : words.api.switchOff;
  const ask = () =>
    confirm({
      title: told.title,
      consequence: told.consequence,
      action: told.action,
      danger: !off,
      run: async () => {
        client.setQueryData(platformQuery.queryKey, await take(api.PATCH("/platform", { body: { api_off: !off } })));
        tellDone(told.done);
      },
    });
  const { facts } = words.api;
  return (
    <Section
      title={words.api.title}
      actions={
        <Button variant="light" color={off ? "toll" : "red"} onClick={ask}>
          {told.action}
        </Button>
      }
    >
      <div>
        <Badge color={off ? "red" : "teal"}>{off ? words.api.off : words.api.on}</Badge>
      </div>
      <Facts>
        <Fact name={facts.name}>
          <Code>{words.api.setting}</Code>
        </Fact>
        <Fact name={facts.means}>{words.api.means}</Fact>
        <Fact name={facts.usual}>{words.api.usual}</Fact>
        <Fact name={facts.holds}>{words.api.holds}</Fact>
      </Facts>
      <Text size="sm" c="dimmed" maw={760}>
        {words.api.rest}
      </Text>
    </Section>
  );
}
