// A failure in words: what happened, what to do, the request id to pass on. In: a fault. Out: a note beside what failed, or a
// page in the place of one. Never here: a stack.
import { Alert, Button, Center, Group, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconPlugConnectedX } from "@tabler/icons-react";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { asFault, type Fault } from "../lib/fault";
import { faults } from "../messages/faults";
import { Copyable } from "./Copy";
import { LinkButton } from "./links";

/** Words for faults whose own words are for programs. */
function advice(fault: Fault): string | null {
  if (fault.code === "idempotency_not_ended") return faults.notDone.idempotency_not_ended;
  if (fault.waitSeconds !== null) return faults.wait(fault.waitSeconds);
  return null;
}

/** What stands below the words of any fault. */
export function FaultDetail({ fault }: { fault: Fault }) {
  const more = advice(fault);
  return (
    <Stack gap={6}>
      {more ? <Text size="sm">{more}</Text> : null}
      {fault.requestId ? (
        <Group gap={6}>
          <Text size="xs" c="dimmed">
            {faults.requestId}
          </Text>
          <Copyable value={fault.requestId} what={faults.requestId.toLowerCase()} />
        </Group>
      ) : null}
    </Stack>
  );
}

/** A note beside what failed. Fields that are told elsewhere are left out. */
export function FaultNote({ fault, fields = fault?.fields }: { fault: Fault | null; fields?: Fault["fields"] }) {
  if (!fault) return null;
  // The server's words name every field again, which stand at their places already.
  const told = fault.code === "invalid_fields" && fault.fields.length > 0 ? faults.someFields : fault.message;
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} aria-hidden />} title={faults.title}>
      <Stack gap={6}>
        <Text size="sm" className="unbroken">
          {told}
        </Text>
        {fields?.map((field) => (
          <Text key={field.field} size="sm" className="unbroken">
            {field.field}: {field.detail}
          </Text>
        ))}
        <FaultDetail fault={fault} />
      </Stack>
    </Alert>
  );
}

function headOf(fault: Fault): string {
  if (fault.status === -1) return faults.broken;
  return fault.status === 404 ? faults.notThere : faults.title;
}

/** A page that could not be shown. */
export function FaultPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const fault = asFault(error);
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Center mih={320} p="lg">
      <Stack align="center" gap="sm" maw={460} role="alert">
        <IconPlugConnectedX size={40} stroke={1.3} aria-hidden />
        <Title order={1} ta="center">
          {headOf(fault)}
        </Title>
        <Text ta="center" className="unbroken">
          {fault.message}
        </Text>
        {fault.status === -1 ? (
          <Text ta="center" c="dimmed" size="sm">
            {faults.brokenDetail}
          </Text>
        ) : null}
        <FaultDetail fault={fault} />
        <Button variant="default" onClick={again}>
          {faults.retry}
        </Button>
      </Stack>
    </Center>
  );
}

/** A page that is not there. */
export function NotFound() {
  return (
    <Center mih={320} p="lg">
      <Stack align="center" gap="sm" maw={460}>
        <Title order={1} ta="center">
          {faults.notFound}
        </Title>
        <Text ta="center">{faults.notFoundDetail}</Text>
        <LinkButton to="/" variant="default">
          {faults.home}
        </LinkButton>
      </Stack>
    </Center>
  );
}
