// Says that an operator looks at a workspace and changes nothing, with the way back. It loads when somebody looks.
import { IconEye } from "@tabler/icons-react";
import type { Workspace } from "../lib/workspace";
import { look as words } from "../messages/look";
import { LinkAnchor } from "../parts/links";
import classes from "./Away.module.css";

/** The band below the header. */
export default function LookBanner({ at: workspace }: { at: Workspace }) {
  return (
    <aside className={classes.band} aria-label={words.label}>
      <IconEye size={18} aria-hidden style={{ flex: "none" }} />
      <span className="unbroken">
        {words.banner(workspace.name)}{" "}
        <LinkAnchor
          to="/operator/workspaces/$workspace"
          params={{ workspace: workspace.id }}
          inherit
          c="inherit"
          underline="always"
        >
          {words.back}
        </LinkAnchor>
      </span>
    </aside>
  );
}
