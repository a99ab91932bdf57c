// The frame around every page of who is signed in: navigation, header, content, and what is laid over it. In: session, workspaces,
// the one that is looked at. Out: the frame. Never here: a page.
import { Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import type { Session } from "../lib/session";
import type { Workspace } from "../lib/workspace";
import { common } from "../messages/common";
import { Away } from "./Away";
import { Header } from "./Header";
import type { NavGroup } from "./nav";
import { Rail, RailDrawer } from "./Rail";
import classes from "./Shell.module.css";

/** The palette loads when it is first asked for. */
const Palette = lazy(() => import("./Palette"));

/** What the shell is told. */
export interface ShellProps {
  session: Session;
  workspaces: readonly Workspace[];
  /** The one that is looked at; null for who is in none. */
  workspace: Workspace | null;
  /** What operators are led to, where they look at the whole gateway and at no workspace. */
  house?: readonly NavGroup[];
  /** What stands above every page here. */
  notice?: ReactNode;
}

/** The frame. */
export function Shell(props: ShellProps) {
  const [drawer, setDrawer] = useState(false);
  const [palette, setPalette] = useState(false);
  const [everAsked, setEverAsked] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes what was laid over the old one
  useEffect(() => setDrawer(false), [path]);
  const ask = () => {
    setEverAsked(true);
    setPalette(true);
  };
  usePaletteKey(ask);
  return (
    <div className={classes.frame}>
      <a className="skip-link" href="#main">
        {common.skip}
      </a>
      <Rail {...props} />
      <RailDrawer {...props} opened={drawer} close={() => setDrawer(false)} />
      <div className={classes.body}>
        <Header {...props} openDrawer={() => setDrawer(true)} openPalette={ask} />
        <Away />
        {props.notice}
        <main id="main" tabIndex={-1} className={classes.main}>
          <Outlet />
        </main>
      </div>
      {everAsked ? (
        <Suspense fallback={null}>
          <Palette {...props} opened={palette} close={() => setPalette(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}

function usePaletteKey(ask: () => void) {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        ask();
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  });
}
