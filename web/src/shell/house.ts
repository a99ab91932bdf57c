// What operators are led to on the pages about the whole gateway. It loads with these pages: the frame is weighed. Never here: a link to a
// page that is not there.
import { IconChartBar, IconHeartbeat, IconLayoutDashboard, IconListDetails } from "@tabler/icons-react";
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
    label: shell.groups.gateway,
    items: [{ to: "/operator/system", label: shell.pages.system, Icon: IconHeartbeat }],
  },
];
