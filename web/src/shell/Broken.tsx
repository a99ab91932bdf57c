// What stands in the place of the frame where that cannot be: it brings its own landmark.
import type { ErrorComponentProps } from "@tanstack/react-router";
import { FaultPage } from "../parts/FaultNote";
import { Away } from "./Away";

/** A fault without a frame around it. */
export function Broken(props: ErrorComponentProps) {
  return (
    <>
      <Away />
      <main>
        <FaultPage {...props} />
      </main>
    </>
  );
}
