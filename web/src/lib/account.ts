// What belongs to the user alone. In: the management API. Out: queries. Never here: the session itself (lib/session).
import { queryOptions } from "@tanstack/react-query";
import { api, take } from "./api";

/** Whether a code is asked for at a sign-in. */
export const secondFactorQuery = queryOptions({
  queryKey: ["second-factor"],
  queryFn: () => take(api.GET("/totp")),
});

/** Where the user is signed in. */
export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: () => take(api.GET("/sessions")),
});
