// Mantine's widgets as links of the router, typed by the tree of routes: a link that leads nowhere does not compile.
import { Anchor, type AnchorProps, Button, type ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type Plain<Props> = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof Props> &
  Props & { ref?: Ref<HTMLAnchorElement> };

/** The `ref` of the one link that a page is about: React gives its own `autoFocus` to fields and buttons alone. */
export function focusAtOnce(link: HTMLAnchorElement | null): void {
  link?.focus();
}

/** A link that looks like a button. */
export const LinkButton = createLink((props: Plain<ButtonProps>) => <Button component="a" {...props} />);

/** A link in a text. */
export const LinkAnchor = createLink((props: Plain<AnchorProps>) => <Anchor component="a" {...props} />);
