// The frame of the pages before a sign-in: what Tollgate is at one side, the form at the other.
import { createFileRoute, Link, Outlet } from "@tanstack/react-router";
import { sessionQuery } from "../lib/session";
import { common } from "../messages/common";
import { doors } from "../messages/doors";
import { Mark } from "../parts/Mark";
import { Away } from "../shell/Away";
import classes from "../shell/Door.module.css";

export const Route = createFileRoute("/_door")({
  // Whoever has a session sends its token with every change, here too.
  beforeLoad: ({ context }) => context.client.ensureQueryData(sessionQuery).then(() => undefined),
  component: Door,
});

function Door() {
  return (
    <div className={classes.frame}>
      <aside className={classes.side} aria-label={common.product}>
        <Link to="/" className={classes.brand}>
          <Mark size={30} />
          {common.product}
        </Link>
        <div className={classes.pitch}>
          <p className={classes.headline}>{doors.landing.title}</p>
          {doors.landing.points.map(([title, text]) => (
            <div key={title} className={classes.point}>
              <strong>{title}</strong>
              <span>{text}</span>
            </div>
          ))}
        </div>
      </aside>
      <div className={classes.content}>
        <Away />
        <main className={classes.main}>
          <Link to="/" className={classes.brandSmall}>
            <Mark size={30} />
            {common.product}
          </Link>
          <Outlet />
        </main>
      </div>
    </div>
  );
}
