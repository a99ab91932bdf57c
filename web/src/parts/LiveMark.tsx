// Whether a list is live, said beside it.
import type { Standing } from "../lib/events";
import { usage } from "../messages/usage";
import classes from "./LiveMark.module.css";

/** A dot and a word. */
export function LiveMark({ standing, paused = false }: { standing: Standing; paused?: boolean }) {
  const phase = paused ? "paused" : standing.phase;
  return (
    <span className={classes.mark} data-phase={phase} title={usage.liveIs[phase]} role="status">
      {usage.live[phase]}
    </span>
  );
}
