// The start: theme, server state, routes, and what happens everywhere when a session ends or the gateway is away.
import "./styles";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { onNews } from "./lib/api";
import { followConnection } from "./lib/connection";
import { Fault } from "./lib/fault";
import { leave, sessionQuery } from "./lib/session";
import { tellNews } from "./lib/toasts";
import { faults } from "./messages/faults";
import { Confirm } from "./parts/Confirm";
import { Toasts } from "./parts/Toasts";
import { makeRouter } from "./router";
import { colorScheme, theme, variables } from "./theme";

const RETRIES = 2;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the browser thinks of the network does not matter: the gateway may be on this machine.
      networkMode: "always",
      retry: (failures, thrown) => failures < RETRIES && thrown instanceof Fault && thrown.isPassing,
    },
    mutations: { networkMode: "always" },
  },
});
const router = makeRouter(client);

followConnection(() => {
  tellNews(faults.back);
  void client.invalidateQueries();
  void router.invalidate();
});

onNews((news) => {
  if (news !== "signed-out" || !client.getQueryData(sessionQuery.queryKey)) return;
  const next = router.state.location.href;
  leave(client);
  tellNews(faults.ended);
  void router.navigate({ to: "/sign-in", search: { next } });
});

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no place for the console");
createRoot(root, {
  // A refusal has its page already; what else broke one is told as any error.
  onCaughtError: (thrown) => {
    if (!(thrown instanceof Fault)) reportError(thrown);
  },
}).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      colorSchemeManager={colorScheme}
      defaultColorScheme="auto"
      cssVariablesResolver={variables}
      getStyleNonce={() => nonce}
      // All variables come from the theme, so that none of Mantine's is sent only to be replaced.
      deduplicateCssVariables={false}
    >
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
        <Confirm />
        <Toasts />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
