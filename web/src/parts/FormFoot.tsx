// The foot of a form: what went wrong, and its buttons.
import { Button, Group } from "@mantine/core";
import type { Sent } from "../lib/form";
import { common } from "../messages/common";
import { FaultNote } from "./FaultNote";

interface FormFootProps {
  sent: Sent;
  action: string;
  /** The way out without sending; a form that is a page of its own may have none. */
  cancel?: () => void;
  danger?: boolean;
}

/** It stands at the end of the form that it sends. */
export function FormFoot({ sent, action, cancel, danger = false }: FormFootProps) {
  return (
    <>
      <FaultNote fault={sent.fault} fields={sent.strays} />
      <Group justify="flex-end">
        {cancel ? (
          <Button variant="default" onClick={cancel} disabled={sent.busy}>
            {common.cancel}
          </Button>
        ) : null}
        <Button type="submit" color={danger ? "red" : "toll"} loading={sent.busy}>
          {action}
        </Button>
      </Group>
    </>
  );
}
