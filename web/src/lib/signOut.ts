// Signing out, from wherever it is asked for.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api } from "./api";
import { asFault } from "./fault";
import { leave } from "./session";
import { tellFault } from "./toasts";

/** Ends the session here and on the server; where the server is not reached, the person is told that it goes on. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    try {
      await api.DELETE("/session");
    } catch (thrown) {
      // A session that is over already is what was wanted.
      if (!asFault(thrown).isSignedOut) return tellFault(thrown);
    }
    leave(client);
    await navigate({ to: "/sign-in" });
  };
}
