// The root: what Tollgate is, for who is not signed in; the console for who is.
import { Code, Group, Text, Title } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, redirect } from "@tanstack/react-router";
import { useEffect } from "react";
import { aboutQuery, baseUrl } from "../lib/about";
import { isWhole, sessionQuery } from "../lib/session";
import { common } from "../messages/common";
import { doors } from "../messages/doors";
import { LinkButton } from "../parts/links";
import { Mark } from "../parts/Mark";
import classes from "../shell/Landing.module.css";

export const Route = createFileRoute("/")({
  beforeLoad: async ({ context }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (isWhole(session)) throw redirect({ to: "/overview" });
  },
  loader: ({ context }) => context.client.ensureQueryData(aboutQuery),
  component: Landing,
});

function Landing() {
  const about = useSuspenseQuery(aboutQuery).data;
  const base = baseUrl(about, "openai") ?? baseUrl(about, "anthropic");
  useEffect(() => {
    document.title = common.product;
  }, []);
  return (
    <div className={classes.frame}>
      <header className={classes.bar}>
        <span className={classes.brand}>
          <Mark size={30} />
          {common.product}
        </span>
        <LinkButton to="/sign-in" variant="default">
          {doors.landing.signIn}
        </LinkButton>
      </header>
      <main className={classes.main}>
        <Title order={1} className={classes.headline}>
          {doors.landing.title}
        </Title>
        <Text size="lg" c="dimmed" maw={620}>
          {doors.landing.about}
        </Text>
        {base ? <Code className={classes.address}>{base}</Code> : null}
        <Group>
          {about.registration === "open" ? (
            <LinkButton to="/sign-up" size="md">
              {doors.landing.signUp}
            </LinkButton>
          ) : null}
          {about.setup_needed ? (
            <LinkButton to="/setup" size="md" variant="default">
              {doors.setup.title}
            </LinkButton>
          ) : null}
        </Group>
        <ul className={classes.points}>
          {doors.landing.points.map(([title, text]) => (
            <li key={title} className={classes.point}>
              <strong>{title}</strong>
              <Text c="dimmed" size="sm">
                {text}
              </Text>
            </li>
          ))}
        </ul>
      </main>
    </div>
  );
}
