// Whether the gateway answers. In: what calls learn. Out: a flag, and a look every few seconds until it answers again.
// Never here: what is asked for then (main).
import { onNews } from "./api";
import { store } from "./store";

/** How often an absent gateway is looked for. */
const LOOK_EVERY_MS = 3_000;

/** Whether no call gets an answer at present. */
export const away = store(false);

let looking: ReturnType<typeof setInterval> | undefined;

/** Follows the connection; `back` is called when it comes back. */
export function followConnection(back: () => void): void {
  onNews((news) => {
    if (news === "no-answer" && !away.get()) {
      away.set(true);
      looking = setInterval(() => void look(), LOOK_EVERY_MS);
    } else if (news !== "no-answer" && away.get()) {
      arrived(back);
    }
  });
  async function look() {
    try {
      const response = await globalThis.fetch("/healthz", { cache: "no-store" });
      if (response.ok && away.get()) arrived(back);
    } catch {
      // It is still away.
    }
  }
}

function arrived(back: () => void) {
  clearInterval(looking);
  away.set(false);
  back();
}
