// Something laid over the page, by the browser's own dialog: it keeps the focus, gives it back, and lies above all else. In: whether it
// is open. Out: a dialog, or a drawer at the side. Never here: a library's overlay; they weigh more than all pages.
import { CloseButton, Group } from "@mantine/core";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { common } from "../messages/common";
import classes from "./Dialog.module.css";

interface DialogProps {
  opened: boolean;
  /** Called when its reader wants it to go. */
  close: () => void;
  title: ReactNode;
  /** What the button that closes it is called. */
  closeLabel?: string;
  look?: "dialog" | "wide" | "drawer" | "palette";
  /** Neither Escape nor a click beside it closes it: what is in it would be lost. */
  held?: boolean;
  children: ReactNode;
}

/** A dialog. What is in it begins anew each time; what has `data-autofocus` has the focus first. */
export function Dialog({ opened, close, title, closeLabel, look = "dialog", held = false, children }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const head = useId();
  useEffect(() => {
    const dialog = box.current;
    if (!dialog || !opened) return;
    dialog.showModal();
    dialog.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => dialog.close();
  }, [opened]);
  return (
    <dialog
      ref={box}
      className={classes.box}
      data-look={look}
      aria-labelledby={head}
      onCancel={(event) => {
        event.preventDefault();
        if (!held) close();
      }}
      onKeyDown={(event) => {
        // A second Escape would close it whatever `cancel` says.
        if (held && event.key === "Escape") event.preventDefault();
      }}
      onMouseDown={(event) => {
        if (!held && event.target === event.currentTarget) close();
      }}
    >
      {opened ? (
        <div className={classes.inside}>
          <Group className={classes.head} justify="space-between" wrap="nowrap" align="flex-start">
            <h2 id={head} className={classes.title}>
              {title}
            </h2>
            {held ? null : <CloseButton aria-label={closeLabel ?? common.close} onClick={close} />}
          </Group>
          {children}
        </div>
      ) : null}
    </dialog>
  );
}
