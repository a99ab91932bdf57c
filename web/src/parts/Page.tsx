// The frame of a page: its title (in the tab too), what it is for, what can be done, and what stands there while it is empty.
// Never here: what a page shows.
import { Group, Paper, Skeleton, Stack, Text, ThemeIcon, Title, VisuallyHidden } from "@mantine/core";
import "@mantine/core/styles/ThemeIcon.css";
import { type ComponentType, type ReactNode, useEffect, useRef } from "react";
import { common } from "../messages/common";

interface PageProps {
  title: string;
  /** What it is for, in a sentence. */
  about?: ReactNode;
  /** What can be done here. */
  actions?: ReactNode;
  /** The width of what stands in it: forms are narrow. */
  width?: "form" | "wide";
  children: ReactNode;
}

let shownBefore = false;

/** A page. Who comes to it by a link finds the focus at its title, as after a load. */
export function Page({ title, about, actions, width = "wide", children }: PageProps) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${common.product}`;
  }, [title]);
  useEffect(() => {
    if (shownBefore && !document.activeElement?.closest("[data-keeps-focus]"))
      head.current?.focus({ preventScroll: true });
    shownBefore = true;
  }, []);
  return (
    <Stack gap="lg" maw={width === "form" ? 760 : 1240}>
      <Group justify="space-between" align="flex-start" gap="md">
        <Stack gap={4} miw={0}>
          <Title order={1} ref={head} tabIndex={-1} style={{ outline: "none" }} className="unbroken">
            {title}
          </Title>
          {about ? (
            <Text c="dimmed" maw={760}>
              {about}
            </Text>
          ) : null}
        </Stack>
        {actions ? <Group gap="xs">{actions}</Group> : null}
      </Group>
      {children}
    </Stack>
  );
}

/** A part of a page with a title of its own. */
export function Section({ title, about, actions, children }: Omit<PageProps, "width">) {
  return (
    <Paper withBorder p={{ base: "md", sm: "lg" }} component="section">
      <Stack gap="md">
        <Group justify="space-between" align="flex-start">
          <Stack gap={2} miw={0} flex={1}>
            <Title order={2}>{title}</Title>
            {about ? (
              <Text c="dimmed" size="sm" maw={640}>
                {about}
              </Text>
            ) : null}
          </Stack>
          {actions}
        </Group>
        {children}
      </Stack>
    </Paper>
  );
}

interface EmptyProps {
  Icon: ComponentType<{ size?: number; stroke?: number }>;
  title: string;
  /** What would stand here, and what it is good for. */
  children: ReactNode;
  action?: ReactNode;
}

/** What stands in the place of rows: the way to the first one. */
export function Empty({ Icon, title, children, action }: EmptyProps) {
  return (
    <Paper withBorder p="xl">
      <Stack align="center" gap="sm" py="lg">
        <ThemeIcon size={52} radius="xl" variant="light" aria-hidden>
          <Icon size={26} stroke={1.5} />
        </ThemeIcon>
        <Title order={2} ta="center">
          {title}
        </Title>
        <Text c="dimmed" ta="center" w="100%" maw={460} component="div">
          {children}
        </Text>
        {action}
      </Stack>
    </Paper>
  );
}

/** What stands there until a page is known. */
export function Pending() {
  return (
    <Stack gap="lg" maw={1240} role="status">
      <VisuallyHidden component="h1">{common.loading}</VisuallyHidden>
      <Skeleton h={32} w={220} />
      <Skeleton h={220} radius="lg" />
    </Stack>
  );
}
