// What the navigation leads to. In: a role. Out: groups of links. A page adds its line here, with the right that it takes to see it;
// the palette shows the same. Never here: a link to a page that is not there.
import {
  type Icon,
  IconChartBar,
  IconHistory,
  IconKey,
  IconLayoutDashboard,
  IconListDetails,
  IconPlugConnected,
  IconRobot,
  IconSettings,
  IconStack2,
  IconTerminal2,
  IconUsersGroup,
} from "@tabler/icons-react";
import type { LinkProps } from "@tanstack/react-router";
import { may, type Right, type Role } from "../lib/roles";
import { shell } from "../messages/shell";

/** A link. */
export interface NavItem {
  to: NonNullable<LinkProps["to"]>;
  label: string;
  Icon: Icon;
  /** Who sees it; everybody unless it is said. */
  right?: Right;
}

/** Links that belong together. */
export interface NavGroup {
  label: string;
  items: readonly NavItem[];
}

/** All of it. Billing has its place in "workspace". */
const GROUPS: readonly NavGroup[] = [
  {
    label: shell.groups.activity,
    items: [
      { to: "/overview", label: shell.pages.overview, Icon: IconLayoutDashboard },
      { to: "/requests", label: shell.pages.requests, Icon: IconListDetails },
      { to: "/usage", label: shell.pages.usage, Icon: IconChartBar },
    ],
  },
  {
    label: shell.groups.build,
    items: [
      { to: "/models", label: shell.pages.models, Icon: IconStack2 },
      { to: "/playground", label: shell.pages.playground, Icon: IconTerminal2, right: "keys.make" },
      { to: "/keys", label: shell.pages.keys, Icon: IconKey },
    ],
  },
  {
    label: shell.groups.workspace,
    items: [
      { to: "/team", label: shell.pages.team, Icon: IconUsersGroup },
      { to: "/provider-keys", label: shell.pages.providerKeys, Icon: IconPlugConnected },
      { to: "/management-keys", label: shell.pages.managementKeys, Icon: IconRobot, right: "programs.see" },
      { to: "/audit-log", label: shell.pages.log, Icon: IconHistory, right: "log.see" },
      { to: "/settings", label: shell.pages.settings, Icon: IconSettings },
    ],
  },
];

/** The way to the pages about the whole gateway, whose own navigation is house.ts. */
const OPERATOR: NavGroup = {
  label: shell.groups.operator,
  items: [{ to: "/operator/overview", label: shell.pages.house, Icon: IconLayoutDashboard }],
};

/** What somebody of a role sees; who is in no workspace has none. */
export function navigation(role: Role | null, operator = false): readonly NavGroup[] {
  const seen = (item: NavItem) => role !== null && (item.right === undefined || may(role, item.right));
  const groups = GROUPS.map((group) => ({ ...group, items: group.items.filter(seen) }));
  return [...groups, ...(operator ? [OPERATOR] : [])].filter((group) => group.items.length > 0);
}
