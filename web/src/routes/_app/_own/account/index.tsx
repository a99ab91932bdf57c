// The user: who they are, their password, their second factor, and where they are signed in.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { secondFactorQuery, sessionsQuery } from "../../../../lib/account";
import { sessionQuery } from "../../../../lib/session";
import { account as words } from "../../../../messages/account";
import { Fact, Facts } from "../../../../parts/Facts";
import { Page, Section } from "../../../../parts/Page";
import { When } from "../../../../parts/When";
import { Password } from "./-password";
import { SecondFactorSection } from "./-second";
import { Sessions } from "./-sessions";

export const Route = createFileRoute("/_app/_own/account/")({
  loader: ({ context }) =>
    Promise.all([context.client.ensureQueryData(secondFactorQuery), context.client.ensureQueryData(sessionsQuery)]),
  component: Account,
});

function Account() {
  const session = useSuspenseQuery(sessionQuery).data;
  // Whoever signs out is on the way to another page.
  if (!session) return null;
  const { user } = session;
  return (
    <Page title={words.title} width="form">
      <Section title={words.profile}>
        <Facts>
          <Fact name={words.name}>{user.name}</Fact>
          <Fact name={words.email}>{user.email}</Fact>
          <Fact name={words.since}>
            <When at={user.created_at} />
          </Fact>
          <Fact name={words.operator}>{user.operator ? words.operatorYes : null}</Fact>
        </Facts>
      </Section>
      <Password email={user.email} />
      <SecondFactorSection />
      <Sessions />
    </Page>
  );
}
