// The field for what a form has no field for.
import type { ReactNode } from "react";
import { rest as words } from "../../../messages/catalogue";
import { Lines } from "../../../parts/Lines";

interface RestProps {
  value?: string;
  onChange: (value: string) => void;
  error?: ReactNode;
}

/** JSON, in letters of one width. */
export function RestField({ value = "", onChange, error }: RestProps) {
  return (
    <Lines
      mono
      label={words.label}
      description={words.hint}
      rows={Math.min(16, Math.max(3, value.split("\n").length))}
      value={value}
      onChange={onChange}
      error={error}
    />
  );
}
