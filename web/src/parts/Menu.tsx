// A menu at a button, in the browser's own top layer: nothing clips it, Escape and a click elsewhere close it. In: items. Out: a
// menu that is walked by the arrow keys. Never here: where its items lead.
import { createLink } from "@tanstack/react-router";
import {
  type AnchorHTMLAttributes,
  type ButtonHTMLAttributes,
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useId,
  useRef,
} from "react";
import classes from "./Menu.module.css";

interface MenuProps {
  /** What the button shows. */
  target: ReactNode;
  /** What it is called, where it shows no words. */
  label: string;
  targetClass?: string | undefined;
  width?: number;
  /** Which edges stand in one line. */
  align?: "start" | "end";
  children: ReactNode;
}

const GAP = 6;
const EDGE = 8;

/** The button and its menu. */
export function Menu({ target, label, targetClass, width = 220, align = "end", children }: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const hide = () => menu.current?.hidePopover();
  const toggled = (open: boolean) => {
    if (open) {
      items(menu.current)[0]?.focus();
      window.addEventListener("scroll", hide, { capture: true, once: true });
    } else {
      window.removeEventListener("scroll", hide, { capture: true });
      if (menu.current?.contains(document.activeElement)) button.current?.focus();
    }
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={targetClass ?? classes.target}
        aria-label={label}
        title={targetClass ? undefined : label}
        aria-haspopup="menu"
        popoverTarget={id}
      >
        {target}
      </button>
      <div
        ref={menu}
        id={id}
        popover="auto"
        role="menu"
        tabIndex={-1}
        aria-label={label}
        className={classes.menu}
        style={{ width }}
        onBeforeToggle={(event) => {
          if (event.newState === "open" && button.current) place(event.currentTarget, button.current, { width, align });
        }}
        onToggle={(event) => toggled(event.newState === "open")}
        onKeyDown={(event) => walk(event, menu.current)}
        onClick={(event) => {
          const item = (event.target as HTMLElement).closest("[role^=menuitem]");
          if (item && !item.hasAttribute("data-stays")) hide();
        }}
      >
        {children}
      </div>
    </>
  );
}

/** Puts the menu below its button, or above it where there is no room. */
function place(menu: HTMLElement, button: HTMLElement, { width, align }: { width: number; align: "start" | "end" }) {
  const at = button.getBoundingClientRect();
  const left = align === "start" ? at.left : at.right - width;
  menu.style.left = `${Math.max(EDGE, Math.min(left, window.innerWidth - width - EDGE))}px`;
  const below = window.innerHeight - at.bottom;
  if (below < 240 && at.top > below) {
    menu.style.top = "auto";
    menu.style.bottom = `${window.innerHeight - at.top + GAP}px`;
  } else {
    menu.style.bottom = "auto";
    menu.style.top = `${at.bottom + GAP}px`;
  }
}

function items(menu: HTMLElement | null): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>("[role^=menuitem]:not([disabled])") ?? [])];
}

function walk(event: KeyboardEvent, menu: HTMLElement | null) {
  const all = items(menu);
  const now = all.indexOf(document.activeElement as HTMLElement);
  const to = {
    ArrowDown: (now + 1) % all.length,
    ArrowUp: (now - 1 + all.length) % all.length,
    Home: 0,
    End: all.length - 1,
  }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    all[to]?.focus();
  } else if (event.key === "Tab") {
    menu?.hidePopover();
  }
}

interface ItemProps {
  icon?: ReactNode;
  /** What stands at the right: a tick, as a rule. */
  right?: ReactNode;
  danger?: boolean;
  children?: ReactNode;
}

function Inside({ icon, right, children }: ItemProps) {
  return (
    <>
      {icon}
      <span className={classes.words}>{children}</span>
      {right}
    </>
  );
}

type ButtonProps = ItemProps & Omit<ButtonHTMLAttributes<HTMLButtonElement>, keyof ItemProps>;

/** An item that does something. */
export function MenuItem({ icon, right, danger = false, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      className={classes.item}
      data-danger={danger || undefined}
      {...rest}
    >
      <Inside icon={icon} right={right}>
        {children}
      </Inside>
    </button>
  );
}

/** One of several, of which one holds; the menu stays open. */
export function MenuChoice({ chosen, icon, right, children, ...rest }: ButtonProps & { chosen: boolean }) {
  return (
    <button
      type="button"
      role="menuitemradio"
      aria-checked={chosen}
      data-stays
      tabIndex={-1}
      className={classes.item}
      {...rest}
    >
      <Inside icon={icon} right={right}>
        {children}
      </Inside>
    </button>
  );
}

type AnchorProps = ItemProps &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ItemProps> & { ref?: Ref<HTMLAnchorElement> };

/** An item that leads somewhere. */
export const MenuLink = createLink(({ icon, right, danger: _, children, ...rest }: AnchorProps) => (
  <a role="menuitem" tabIndex={-1} className={classes.item} {...rest}>
    <Inside icon={icon} right={right}>
      {children}
    </Inside>
  </a>
));

/** What the items below it are. */
export function MenuLabel({ children }: { children: string }) {
  return (
    <div className={classes.label} role="presentation">
      {children}
    </div>
  );
}

/** A line between items. */
export function MenuDivider() {
  return <hr className={classes.divider} />;
}
