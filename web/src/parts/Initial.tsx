// The first letter of a name on a coloured ground, the same colour for the same name.
import classes from "./Initial.module.css";

const HUES = ["a", "b", "c", "d", "e", "f"] as const;

/** A letter in the place of a picture; it says nothing that the name beside it does not. */
export function Initial({ of, size = 30 }: { of: string; size?: number }) {
  const first = [...of.trim()][0] ?? "?";
  const sum = [...of].reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0);
  return (
    <span
      className={classes.letter}
      data-hue={HUES[sum % HUES.length]}
      style={{ width: size, height: size, fontSize: size * 0.46 }}
      aria-hidden
    >
      {first.toLocaleUpperCase()}
    </span>
  );
}
