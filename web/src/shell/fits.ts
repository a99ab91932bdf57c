// Whether a few letters mean a label.

/** Every word that was typed begins a word of the label, in any order: `team acme` and `ac te` both mean "Acme team". */
export function fits(label: string, typed: string): boolean {
  const words = split(label);
  return split(typed).every((begin) => words.some((word) => word.startsWith(begin)));
}

function split(text: string): string[] {
  return text
    .toLocaleLowerCase()
    .split(/[\s·…/_-]+/)
    .filter((word) => word !== "");
}
