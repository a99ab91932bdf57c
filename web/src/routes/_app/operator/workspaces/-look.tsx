// The way into a workspace's own pages for an operator: to look, which is logged and changes nothing.
import { Button, Stack, Text } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { beginLook } from "../../../../lib/beginLook";
import { asFault } from "../../../../lib/fault";
import type { Workspace } from "../../../../lib/workspace";
import { look as words } from "../../../../messages/look";
import { FaultNote } from "../../../../parts/FaultNote";

/** The button. Nobody looks before it stands in the log. */
export default function Look({ at: { id, slug } }: { at: Workspace }) {
  const navigate = useNavigate();
  const begin = useMutation({
    mutationFn: () => beginLook(id),
    onSuccess: () => navigate({ to: "/overview", search: { workspace: slug, look: id } }),
  });
  return (
    <Stack gap={4} align="flex-start">
      <Button
        variant="default"
        loading={begin.isPending}
        leftSection={<IconEye size={16} aria-hidden />}
        onClick={() => begin.mutate()}
      >
        {words.action}
      </Button>
      <Text size="sm" c="dimmed">
        {words.about}
      </Text>
      <FaultNote fault={begin.error ? asFault(begin.error) : null} />
    </Stack>
  );
}
