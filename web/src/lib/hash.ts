// The token of a letter stands behind the `#` of its link, where no server's log has it.
import { useEffect, useState } from "react";

/** Takes the token, and takes it out of the address: it must not stay in the history. */
export function useHashToken(): string {
  const [token] = useState(() => location.hash.slice(1));
  useEffect(() => {
    if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);
  }, []);
  return token;
}
