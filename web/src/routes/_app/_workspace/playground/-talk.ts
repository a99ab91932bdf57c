// The talk of the playground: turns, the call that is under way, what calls cost. In: settings. Out: turns, and what can be done.
// Never here: a widget.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { bodyOf, heard, type Reply, type Settings, SILENCE, type Turn } from "../../../../lib/chat";
import { converse } from "../../../../lib/converse";
import { asFault, type Fault } from "../../../../lib/fault";
import { type Owner, playgroundKey } from "../../../../lib/playgroundKey";
import { playground as words } from "../../../../messages/playground";

/** What is known of a call besides what it said. */
export interface Ended {
  request: string | null;
  stopped: boolean;
  fault: Fault | null;
}

/** A turn on screen: the model's come with what is known of their calls. */
export type Shown = { n: number; turn: Turn; ended: Ended | null };

export interface Talk {
  shown: readonly Shown[];
  /** The reply that is coming; null while nothing is asked. */
  coming: Reply | null;
  send: (turns: readonly Turn[], settings: Settings) => void;
  stop: () => void;
  clear: () => void;
}

/** A talk that ends with the page. */
export function useTalk(owner: Owner, base: string | null, capUsd: number): Talk {
  const client = useQueryClient();
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const [coming, setComing] = useState<Reply | null>(null);
  const under = useRef<AbortController | null>(null);
  // Who goes away wants no more words.
  useEffect(() => () => under.current?.abort(), []);
  const add = (turns: readonly Turn[], ended: Ended | null) =>
    setShown((all) => [...all, ...turns.map((turn, n) => ({ n: all.length + n, turn, ended }))]);

  const send = async (turns: readonly Turn[], settings: Settings) => {
    if (base === null || under.current) return;
    const abort = new AbortController();
    under.current = abort;
    setComing(SILENCE);
    add(turns, null);
    let reply = SILENCE;
    let request: string | null = null;
    let failed: Fault | null = null;
    try {
      const { key } = await playgroundKey(owner, words.key.name, capUsd);
      void client.invalidateQueries({ queryKey: ["keys"] });
      const said = [...shown.map(({ turn }) => turn), ...turns];
      const body = bodyOf(settings, said);
      const began = (id: string | null) => {
        request = id;
      };
      const hear = (piece: unknown) => {
        reply = heard(reply, piece);
        setComing(reply);
      };
      await converse({ base, key, body, signal: abort.signal, began, heard: hear });
    } catch (thrown) {
      if (!abort.signal.aborted) failed = asFault(thrown);
    }
    if (under.current !== abort) return;
    under.current = null;
    setComing(null);
    add([{ role: "assistant", reply }], { request, stopped: abort.signal.aborted, fault: failed });
  };
  const stop = () => under.current?.abort();
  const clear = () => {
    under.current?.abort();
    under.current = null;
    setComing(null);
    setShown([]);
  };
  return { shown, coming, send: (turns, settings) => void send(turns, settings), stop, clear };
}
