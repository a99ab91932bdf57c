// The notices at the edge of the screen, read out as they come.
import { Notification, Portal, Stack } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconInfoCircle } from "@tabler/icons-react";
import { dismiss, type Toast, toasts } from "../lib/toasts";
import { common } from "../messages/common";
import { FaultDetail } from "./FaultNote";
import classes from "./Toasts.module.css";

const LOOKS = {
  done: { color: "teal", Icon: IconCheck },
  news: { color: "toll", Icon: IconInfoCircle },
  fault: { color: "red", Icon: IconAlertTriangle },
} as const;

function Notice({ toast }: { toast: Toast }) {
  const { color, Icon } = LOOKS[toast.kind];
  return (
    <Notification
      color={color}
      icon={<Icon size={18} aria-hidden />}
      radius="md"
      withBorder
      onClose={() => dismiss(toast.id)}
      closeButtonProps={{ "aria-label": common.close }}
      title={<span className="unbroken">{toast.text}</span>}
    >
      {toast.fault ? <FaultDetail fault={toast.fault} /> : null}
    </Notification>
  );
}

/** All of them. */
export function Toasts() {
  const shown = toasts.use();
  return (
    <Portal>
      <section className={classes.edge} aria-label={common.notices} aria-live="polite">
        <Stack gap="xs">
          {shown.map((toast) => (
            <Notice key={toast.id} toast={toast} />
          ))}
        </Stack>
      </section>
    </Portal>
  );
}
