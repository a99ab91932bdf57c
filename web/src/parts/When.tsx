// An instant on screen: in the reader's zone, the zone stated, and in UTC for who points at it. Never here: how it is put into words.
import { bare, distance, instant, precise, second } from "../lib/time";

interface WhenProps {
  /** RFC 3339. */
  at: string;
  /** `bare` and `second` are for a column below which the zone is told; `distance` tells how far away it is. */
  as?: "whole" | "precise" | "bare" | "second" | "distance";
}

/** An instant. */
export function When({ at, as = "whole" }: WhenProps) {
  const words = { whole: instant, precise, bare, second, distance }[as](at);
  return (
    <time dateTime={at} title={as === "distance" ? instant(at) : instant(at, "UTC")} className="figures instant">
      {words}
    </time>
  );
}
