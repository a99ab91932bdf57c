// What stands in the place of an entry of the catalogue that somebody removed while it was looked at. In: its name, the list it was in. Out:
// where to go on. Never here: an entry that was never there; no page is found for that.
import { Group } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { gone as words } from "../../../messages/catalogueGone";
import { LinkButton } from "../../../parts/links";
import { Empty, Page } from "../../../parts/Page";

interface GoneProps {
  name: string;
  list: "/operator/models" | "/operator/providers";
  /** What the list is called. */
  back: string;
}

/** The page. It loads by itself: it is seldom seen. */
export default function Gone({ name, list, back }: GoneProps) {
  return (
    <Page title={name}>
      <Empty
        Icon={IconTrash}
        title={words.title}
        action={
          <Group gap="xs">
            <LinkButton to={list}>{back}</LinkButton>
            <LinkButton to="/operator/catalogue" variant="default">
              {words.history}
            </LinkButton>
          </Group>
        }
      >
        {words.about}
      </Empty>
    </Page>
  );
}
