// What an invitation leads to: who invites whom into what, then an account or a sign-in, then the workspace. The token waits in this
// tab while its reader signs in; it never stands in an address.
import { Button, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconMailOff, IconUserPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { components } from "#schema";
import { api, take } from "../../lib/api";
import { asFault } from "../../lib/fault";
import { useSending } from "../../lib/form";
import { useHashToken } from "../../lib/hash";
import { enter, isWhole, type Session, sessionQuery } from "../../lib/session";
import { useSignOut } from "../../lib/signOut";
import { tellDone } from "../../lib/toasts";
import { remember } from "../../lib/workspace";
import { common } from "../../messages/common";
import { doors } from "../../messages/doors";
import { DoorCard } from "../../parts/DoorCard";
import { Fact, Facts } from "../../parts/Facts";
import { FaultNote } from "../../parts/FaultNote";
import { PasswordInput, TextInput } from "../../parts/fields";
import { Pending } from "../../parts/Page";
import { When } from "../../parts/When";

export const Route = createFileRoute("/_door/invitation")({
  loader: ({ context }) => context.client.ensureQueryData(sessionQuery),
  component: Invitation,
});

type Looked = components["schemas"]["InvitationLooked"];

const WAITS = "tollgate-invitation";
const keyOf = (token: string) => ["invitation", token];

function useToken(): string {
  const fresh = useHashToken();
  useEffect(() => {
    if (fresh) sessionStorage.setItem(WAITS, fresh);
  }, [fresh]);
  return fresh || sessionStorage.getItem(WAITS) || "";
}

function Invitation() {
  const token = useToken();
  const session = useSuspenseQuery(sessionQuery).data;
  const looked = useQuery({
    queryKey: keyOf(token),
    // It says the same until it is used up, and then nobody needs to hear so.
    staleTime: Number.POSITIVE_INFINITY,
    enabled: token !== "",
    queryFn: () => take(api.POST("/invitations/look", { body: { token } })),
  });
  if (looked.isLoading) return <Pending />;
  if (!looked.data) return <Gone thrown={looked.error} />;
  return (
    <DoorCard Icon={IconUserPlus} title={doors.invitation.title} about={doors.invitation.into(looked.data.workspace)}>
      <Facts>
        <Fact name={doors.invitation.from}>{looked.data.made_by}</Fact>
        <Fact name={doors.invitation.for}>{looked.data.email}</Fact>
        <Fact name={doors.invitation.as}>{common.roles[looked.data.role]}</Fact>
        <Fact name={doors.invitation.until}>
          <When at={looked.data.ends_at} />
        </Fact>
      </Facts>
      {isWhole(session) ? (
        <Accept token={token} looked={looked.data} session={session} />
      ) : (
        <Strange token={token} looked={looked.data} />
      )}
    </DoorCard>
  );
}

function Gone({ thrown }: { thrown: unknown }) {
  const fault = thrown ? asFault(thrown) : null;
  const passing = fault?.isPassing ? fault : null;
  return (
    <DoorCard Icon={IconMailOff} title={doors.invitation.gone} about={doors.invitation.goneDetail}>
      <FaultNote fault={passing} />
    </DoorCard>
  );
}

/** Goes into a workspace that the user is in since now. */
function useArrival() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async (looked: Looked, id: string | null) => {
    sessionStorage.removeItem(WAITS);
    // The invitation itself is used up; whoever asks for it again is told so.
    await client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "invitation" });
    tellDone(doors.invitation.accepted(looked.workspace));
    const place = id ? await take(api.GET("/workspaces/{workspace}", { params: { path: { workspace: id } } })) : null;
    if (place) remember(place.slug);
    await navigate({ to: "/" });
  };
}

function Accept({ token, looked, session }: { token: string; looked: Looked; session: Session }) {
  const arrive = useArrival();
  const signOut = useSignOut();
  const accepting = useMutation({
    mutationFn: () => take(api.POST("/invitations/accept", { body: { token } })),
    onSuccess: (accepted) => arrive(looked, accepted.workspace),
  });
  if (session.user.email.toLowerCase() !== looked.email.toLowerCase()) {
    return (
      <Stack>
        {doors.invitation.wrongUser(looked.email)}
        <Button variant="default" onClick={signOut}>
          {doors.invitation.signOut}
        </Button>
      </Stack>
    );
  }
  return (
    <Stack>
      <FaultNote fault={accepting.error ? asFault(accepting.error) : null} />
      <Button size="md" autoFocus loading={accepting.isPending} onClick={() => accepting.mutate()}>
        {doors.invitation.accept}
      </Button>
    </Stack>
  );
}

function Strange({ token, looked }: { token: string; looked: Looked }) {
  const [making, setMaking] = useState(false);
  const navigate = useNavigate();
  if (making) return <Account token={token} looked={looked} />;
  return (
    <Stack gap="sm">
      <Button size="md" autoFocus onClick={() => setMaking(true)}>
        {doors.invitation.signUp}
      </Button>
      <Button size="md" variant="default" onClick={() => navigate({ to: "/sign-in", search: { next: "/invitation" } })}>
        {doors.invitation.signIn}
      </Button>
    </Stack>
  );
}

function Account({ token, looked }: { token: string; looked: Looked }) {
  const arrive = useArrival();
  const client = useQueryClient();
  const form = useForm({ mode: "uncontrolled", initialValues: { name: "", password: "" } });
  const sent = useSending({
    form,
    send: async ({ name, password }) => {
      const { email } = looked;
      await take(api.POST("/register", { body: { email, name, password, invitation: token } }));
      return take(api.POST("/session", { body: { email, password } }));
    },
    done: async (session) => {
      enter(client, session);
      client.setQueryData(keyOf(token), looked);
      await arrive(looked, null);
    },
  });
  return (
    <form onSubmit={sent.onSubmit}>
      <Stack>
        <TextInput
          label={doors.name}
          autoComplete="name"
          required
          autoFocus
          key={form.key("name")}
          {...form.getInputProps("name")}
        />
        {/* Password keepers want to know whose it is. */}
        <input type="hidden" autoComplete="username" value={looked.email} readOnly />
        <PasswordInput
          label={doors.password}
          description={doors.passwordHint}
          autoComplete="new-password"
          required
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <FaultNote fault={sent.fault} fields={sent.strays} />
        <Button type="submit" loading={sent.busy} size="md">
          {doors.signUp.action}
        </Button>
      </Stack>
    </form>
  );
}
