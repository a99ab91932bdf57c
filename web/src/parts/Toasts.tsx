// The notices at the edge of the screen, read out as they come.
import { CloseButton, Paper, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconInfoCircle } from "@tabler/icons-react";
import { dismiss, type Toast, toasts } from "../lib/toasts";
import { common } from "../messages/common";
import { FaultDetail } from "./FaultNote";
import classes from "./Toasts.module.css";

const ICONS = { done: IconCheck, news: IconInfoCircle, fault: IconAlertTriangle } as const;

function Notice({ toast }: { toast: Toast }) {
  const Icon = ICONS[toast.kind];
  return (
    <Paper withBorder shadow="md" className={classes.notice} data-kind={toast.kind}>
      <Icon size={20} aria-hidden />
      <Stack gap={6} flex={1} miw={0}>
        <Text size="sm" fw={500} className="unbroken">
          {toast.text}
        </Text>
        {toast.fault ? <FaultDetail fault={toast.fault} /> : null}
      </Stack>
      <CloseButton size="sm" aria-label={common.close} onClick={() => dismiss(toast.id)} />
    </Paper>
  );
}

/** All of them. */
export function Toasts() {
  const shown = toasts.use();
  return (
    <section className={classes.edge} aria-label={common.notices} aria-live="polite">
      {shown.map((toast) => (
        <Notice key={toast.id} toast={toast} />
      ))}
    </section>
  );
}
