// The head of a page before a sign-in, and what it says when its work is done.
import { Stack, Text, ThemeIcon, Title } from "@mantine/core";
import "@mantine/core/styles/ThemeIcon.css";
import { type ComponentType, type ReactNode, useEffect } from "react";
import { common } from "../messages/common";

interface DoorCardProps {
  title: string;
  about?: ReactNode;
  Icon?: ComponentType<{ size?: number; stroke?: number }>;
  children?: ReactNode;
}

/** A form, or what became of it. */
export function DoorCard({ title, about, Icon, children }: DoorCardProps) {
  useEffect(() => {
    document.title = `${title} · ${common.product}`;
  }, [title]);
  return (
    <Stack gap="lg">
      <Stack gap={6}>
        {Icon ? (
          <ThemeIcon size={48} radius="xl" variant="light" mb="xs" aria-hidden>
            <Icon size={24} stroke={1.6} />
          </ThemeIcon>
        ) : null}
        <Title order={1}>{title}</Title>
        {about ? <Text c="dimmed">{about}</Text> : null}
      </Stack>
      {children}
    </Stack>
  );
}
