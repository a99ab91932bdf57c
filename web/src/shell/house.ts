// What operators are led to on the pages about the whole gateway. It loads with these pages: the frame is weighed. Never here: a link to a
// page that is not there.
import {
  IconBuildingStore,
  IconChartBar,
  IconHeartbeat,
  IconHistory,
  IconLayersIntersect,
  IconLayoutDashboard,
  IconListDetails,
  IconPlugConnected,
  IconReportMoney,
  IconSettings,
  IconShieldLock,
  IconStack2,
  IconUsers,
} from "@tabler/icons-react";
import { catalogueNav } from "../messages/catalogueNav";
import { houseNav } from "../messages/houseNav";
import { shell } from "../messages/shell";
import type { NavGroup } from "./nav";

/** All of it. */
export const HOUSE: readonly NavGroup[] = [
  {
    label: shell.groups.activity,
    items: [
      { to: "/operator/overview", label: shell.pages.overview, Icon: IconLayoutDashboard },
      { to: "/operator/requests", label: shell.pages.requests, Icon: IconListDetails },
      { to: "/operator/usage", label: shell.pages.usage, Icon: IconChartBar },
    ],
  },
  {
    label: catalogueNav.group,
    items: [
      { to: "/operator/providers", label: catalogueNav.providers, Icon: IconPlugConnected },
      { to: "/operator/models", label: shell.pages.models, Icon: IconStack2 },
      { to: "/operator/tiers", label: catalogueNav.tiers, Icon: IconLayersIntersect },
      { to: "/operator/catalogue", label: catalogueNav.history, Icon: IconHistory },
    ],
  },
  {
    label: shell.groups.customers,
    items: [
      { to: "/operator/workspaces", label: shell.pages.workspaces, Icon: IconBuildingStore },
      { to: "/operator/users", label: shell.pages.users, Icon: IconUsers },
    ],
  },
  {
    label: shell.groups.gateway,
    items: [
      { to: "/operator/ledger", label: houseNav.ledger, Icon: IconReportMoney },
      { to: "/operator/log", label: shell.pages.log, Icon: IconHistory },
      { to: "/operator/address-blocks", label: houseNav.blocks, Icon: IconShieldLock },
      { to: "/operator/platform", label: houseNav.platform, Icon: IconSettings },
      { to: "/operator/system", label: shell.pages.system, Icon: IconHeartbeat },
    ],
  },
];
