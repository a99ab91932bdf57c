// A list of short texts, typed one after the other: Enter, a comma or a blank ends one, Backspace takes the last away.
import "@mantine/core/styles/Pill.css";
import "@mantine/core/styles/PillsInput.css";
import { Pill, PillsInput } from "@mantine/core";
import { type KeyboardEvent, type ReactNode, useId, useState } from "react";
import { common } from "../messages/common";

interface TagsProps {
  label: string;
  description?: string;
  value?: readonly string[];
  onChange: (value: string[]) => void;
  error?: ReactNode;
}

const ENDS = /[\s,]+/;

/** The field. */
export function Tags({ label, description, value = [], onChange, error }: TagsProps) {
  const [typed, setTyped] = useState("");
  const id = useId();
  const add = (text: string) => {
    const fresh = text.split(ENDS).filter((word) => word !== "" && !value.includes(word));
    if (fresh.length > 0) onChange([...value, ...new Set(fresh)]);
    setTyped("");
  };
  const pressed = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter" && typed.trim() !== "") {
      event.preventDefault();
      add(typed);
    } else if (event.key === "Backspace" && typed === "" && value.length > 0) {
      onChange(value.slice(0, -1));
    }
  };
  return (
    <PillsInput label={label} description={description} error={error} labelProps={{ htmlFor: id }}>
      <Pill.Group>
        {value.map((word) => (
          <Pill
            key={word}
            withRemoveButton
            onRemove={() => onChange(value.filter((other) => other !== word))}
            removeButtonProps={{ "aria-label": common.remove(word), tabIndex: 0, "aria-hidden": false }}
            maw="100%"
          >
            {word}
          </Pill>
        ))}
        <PillsInput.Field
          id={id}
          value={typed}
          aria-label={label}
          autoComplete="off"
          spellCheck={false}
          onKeyDown={pressed}
          onBlur={() => add(typed)}
          onPaste={(event) => {
            // A field of one line would join the lines of a list.
            const text = event.clipboardData.getData("text");
            if (!ENDS.test(text)) return;
            event.preventDefault();
            add(typed + text);
          }}
          onChange={(event) => {
            const text = event.currentTarget.value;
            if (ENDS.test(text)) add(text);
            else setTyped(text);
          }}
        />
      </Pill.Group>
    </PillsInput>
  );
}
