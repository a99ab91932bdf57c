// A field of several lines.
import { InputBase } from "@mantine/core";
import "./fields";
import type { KeyboardEvent, ReactNode } from "react";
import classes from "./Lines.module.css";

interface LinesProps {
  label: string;
  description?: string;
  rows: number;
  value: string;
  /** In letters of one width. */
  mono?: boolean;
  error?: ReactNode;
  onChange: (value: string) => void;
  onKeyDown?: (event: KeyboardEvent) => void;
}

/** The field. */
export function Lines({
  label,
  description,
  rows,
  value,
  mono = false,
  error = null,
  onChange,
  onKeyDown,
}: LinesProps) {
  return (
    <InputBase
      component="textarea"
      multiline
      label={label}
      description={description}
      rows={rows}
      value={value}
      error={error}
      spellCheck={!mono}
      classNames={{ input: mono ? `${classes.lines} ${classes.mono}` : (classes.lines ?? "") }}
      onKeyDown={onKeyDown}
      onChange={(event: React.ChangeEvent<HTMLTextAreaElement>) => onChange(event.currentTarget.value)}
    />
  );
}
