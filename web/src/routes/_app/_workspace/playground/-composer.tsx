// Where the next turn is written: a message with pictures, or what the tools give back. In: what the model wants. Out: turns to send.
import { ActionIcon, Alert, Button, Group, Stack } from "@mantine/core";
import { IconPhotoPlus, IconPlayerStop, IconSend, IconX } from "@tabler/icons-react";
import { type KeyboardEvent, useRef, useState } from "react";
import type { Call, Turn } from "../../../../lib/chat";
import { playground as words } from "../../../../messages/playground";
import { Lines } from "../../../../parts/Lines";
import classes from "./playground.module.css";

const PICTURE_BYTES_MAX = 5_000_000;
const PICTURES_MAX = 4;

interface ComposerProps {
  /** Calls of the last reply, which want results. */
  calls: readonly Call[];
  runs: boolean;
  /** Whether the settings can be sent. */
  ready: boolean;
  send: (turns: readonly Turn[]) => void;
  stop: () => void;
}

/** Fields and buttons. */
export function Composer({ calls, runs, ready, send, stop }: ComposerProps) {
  const [text, setText] = useState("");
  const [results, setResults] = useState<Readonly<Record<string, string>>>({});
  const pictures = usePictures();
  const wants = calls.length > 0 && !runs;
  const turns: Turn[] = wants
    ? calls.map(({ id, name }) => ({ role: "tool", id, name, text: results[id] ?? "" }))
    : [{ role: "user", text, images: pictures.urls }];
  const can = ready && !runs && (wants || text.trim() !== "" || pictures.urls.length > 0);
  const submit = () => {
    if (!can) return;
    send(turns);
    setText("");
    setResults({});
    pictures.clear();
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  };
  return (
    <Stack gap="sm" className={classes.composer}>
      {wants ? (
        calls.map((call) => (
          <Lines
            key={call.id}
            label={words.result(call.name)}
            rows={2}
            mono
            value={results[call.id] ?? ""}
            onKeyDown={pressed}
            onChange={(value) => setResults({ ...results, [call.id]: value })}
          />
        ))
      ) : (
        <Lines
          label={words.message}
          description={words.messageHint}
          rows={3}
          value={text}
          onKeyDown={pressed}
          onChange={setText}
        />
      )}
      {pictures.wrong ? <Alert color="orange">{pictures.wrong}</Alert> : null}
      <Group justify="space-between" align="flex-end">
        {wants ? <span /> : <Attach pictures={pictures} />}
        {runs ? (
          <Button color="gray" variant="default" leftSection={<IconPlayerStop size={16} aria-hidden />} onClick={stop}>
            {words.stop}
          </Button>
        ) : (
          <Button leftSection={<IconSend size={16} aria-hidden />} disabled={!can} onClick={submit}>
            {wants ? words.sendResults : words.send}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

type Pictures = ReturnType<typeof usePictures>;

function usePictures() {
  const [urls, setUrls] = useState<readonly string[]>([]);
  const [wrong, setWrong] = useState<string | null>(null);
  const add = async (files: readonly File[]) => {
    setWrong(null);
    for (const file of files) {
      if (!file.type.startsWith("image/")) setWrong(words.noPicture(file.name));
      else if (file.size > PICTURE_BYTES_MAX) setWrong(words.tooLarge(file.name));
      else {
        const url = await dataUrl(file);
        setUrls((all) => [...all, url].slice(0, PICTURES_MAX));
      }
    }
  };
  const remove = (at: number) => setUrls((all) => all.filter((_, n) => n !== at));
  const clear = () => {
    setUrls([]);
    setWrong(null);
  };
  return { urls, wrong, add, remove, clear };
}

function dataUrl(file: File): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(file);
  });
}

function Attach({ pictures }: { pictures: Pictures }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <Group gap="xs">
      <input
        ref={input}
        type="file"
        accept="image/*"
        multiple
        hidden
        onChange={(event) => {
          void pictures.add([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
      <Button
        variant="subtle"
        color="gray"
        leftSection={<IconPhotoPlus size={16} aria-hidden />}
        onClick={() => input.current?.click()}
      >
        {words.attach}
      </Button>
      {pictures.urls.map((url, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pictures are told apart by their place alone
        <span key={n} className={classes.attached}>
          <img src={url} alt={words.attached(n + 1)} className={classes.thumb} />
          <ActionIcon
            variant="default"
            size="xs"
            radius="xl"
            className={classes.detach}
            aria-label={words.detach(n + 1)}
            onClick={() => pictures.remove(n)}
          >
            <IconX size={12} aria-hidden />
          </ActionIcon>
        </span>
      ))}
    </Group>
  );
}
