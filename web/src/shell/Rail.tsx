// The navigation: a rail where there is room, a drawer on phones. In: who looks at which workspace. Out: links. Never here: what
// they are (nav.ts).
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { aboutQuery } from "../lib/about";
import { roleIn } from "../lib/workspace";
import { common } from "../messages/common";
import { shell } from "../messages/shell";
import { Dialog } from "../parts/Dialog";
import { Mark } from "../parts/Mark";
import { navigation } from "./nav";
import type { ShellProps } from "./Shell";
import classes from "./Shell.module.css";
import { Switcher } from "./Switcher";

function Groups({ session, workspace, house }: ShellProps) {
  const { operator } = session.user;
  const groups = house ?? navigation(workspace ? roleIn(workspace, session) : null, operator);
  return (
    <nav aria-label={shell.navigation} style={{ display: "contents" }}>
      {groups.map((group) => (
        <div key={group.label} className={classes.group}>
          <div className={classes.groupLabel}>{group.label}</div>
          {group.items.map(({ to, label, Icon }) => (
            <Link key={to} to={to} className={classes.link} activeOptions={{ includeSearch: false }}>
              <Icon size={18} stroke={1.7} aria-hidden />
              {label}
            </Link>
          ))}
        </div>
      ))}
    </nav>
  );
}

function Inside(props: ShellProps) {
  const about = useQuery(aboutQuery);
  return (
    <>
      <Switcher {...props} />
      <Groups {...props} />
      <Text className={classes.foot} size="xs" c="dimmed">
        {about.data ? shell.version(about.data.version) : null}
      </Text>
    </>
  );
}

function Brand() {
  return (
    <Link to="/" className={classes.brand}>
      <Mark />
      {common.product}
    </Link>
  );
}

/** The rail. */
export function Rail(props: ShellProps) {
  return (
    <aside className={classes.rail} aria-label={shell.sidebar}>
      <Brand />
      <Inside {...props} />
    </aside>
  );
}

/** The same on a phone. */
export function RailDrawer({ opened, close, ...props }: ShellProps & { opened: boolean; close: () => void }) {
  return (
    <Dialog opened={opened} close={close} closeLabel={shell.closeNavigation} look="drawer" title={<Brand />}>
      <Inside {...props} />
    </Dialog>
  );
}
