// A figure that stands for itself, with what it is above and a word about it below.
import { Paper, Text } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Tile.module.css";

interface TileProps {
  name: string;
  figure: ReactNode;
  /** The exact figure, for who points at it. */
  exact?: string | undefined;
  about?: ReactNode;
  children?: ReactNode;
}

/** The figure. */
export function Tile({ name, figure, exact, about, children }: TileProps) {
  return (
    <Paper withBorder className={classes.tile}>
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <div className={`${classes.figure} figures`} title={exact}>
        {figure}
      </div>
      {about ? (
        <Text size="xs" c="dimmed" className="figures" component="div">
          {about}
        </Text>
      ) : null}
      {children}
    </Paper>
  );
}

/** Figures beside each other, as many as there is room for. */
export function Tiles({ children }: { children: ReactNode }) {
  return <div className={classes.tiles}>{children}</div>;
}
