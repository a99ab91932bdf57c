// The place of questions. What is in one loads with the first.
import { lazy, Suspense } from "react";
import { question } from "../lib/confirm";
import { Dialog } from "./Dialog";

const Asked = lazy(() => import("./Asked"));

/** The open question, if there is one. */
export function Confirm() {
  const asked = question.use();
  const close = () => question.set(null);
  return (
    <Dialog opened={asked !== null} close={close} title={asked?.title}>
      <Suspense>{asked ? <Asked asked={asked} close={close} /> : null}</Suspense>
    </Dialog>
  );
}
