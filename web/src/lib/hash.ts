// The token of a letter stands behind the `#` of its link, where no server's log has it.
import { useEffect, useState } from "react";

/** Takes the token, and takes it out of the address: it must not stay in the history. Another link in the same tab is another token. */
export function useHashToken(): string {
  const [token, setToken] = useState(() => location.hash.slice(1));
  useEffect(() => {
    const read = () => {
      if (!location.hash) return;
      setToken(location.hash.slice(1));
      history.replaceState(history.state, "", location.pathname + location.search);
    };
    read();
    window.addEventListener("hashchange", read);
    return () => window.removeEventListener("hashchange", read);
  }, []);
  return token;
}
