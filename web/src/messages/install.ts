// Words of the command that sets Claude Code up.

/** The button and its dialog. */
export const install = {
  action: "Set up Claude Code",
  title: "Set up Claude Code on a machine",
  about: (until: string) =>
    `Run this there. It works once, until ${until} (15 minutes): whoever has it till then gets a key of yours.`,
  the: "command",
  kept: "I have run it, or do not need it",
  shell: "Shell of that machine",
  shells: { sh: "Linux, macOS", powershell: "PowerShell" },
  makes:
    "It makes a new key that belongs to you, called “Claude Code on” and the machine's name, and puts it into Claude Code's settings there. The key stands in the list of keys: cap or revoke it there, as any other.",
  undo: "Running the script with --uninstall takes out what it put in. What is there already stays as it is.",
} as const;
