// Another password. Every other session ends with it.
import { Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { api, take } from "../../../../lib/api";
import { useSending } from "../../../../lib/form";
import { renew } from "../../../../lib/session";
import { tellDone } from "../../../../lib/toasts";
import { account } from "../../../../messages/account";
import { FormFoot } from "../../../../parts/FormFoot";
import { PasswordInput } from "../../../../parts/fields";
import { Section } from "../../../../parts/Page";

const words = account.password;

/** The form. */
export function Password({ email }: { email: string }) {
  const client = useQueryClient();
  const form = useForm({ initialValues: { current: "", password: "" } });
  const sent = useSending({
    form,
    send: (body) => take(api.POST("/password", { body })),
    done: (session) => {
      renew(client, session);
      form.reset();
      tellDone(words.done);
      return client.invalidateQueries({ queryKey: ["sessions"] });
    },
  });
  return (
    <Section title={words.title} about={words.about}>
      <form onSubmit={sent.onSubmit}>
        <Stack>
          {/* Password keepers want to know whose it is. */}
          <input type="hidden" autoComplete="username" value={email} readOnly />
          <PasswordInput
            label={words.current}
            autoComplete="current-password"
            required
            {...form.getInputProps("current")}
          />
          <PasswordInput
            label={words.next}
            description={words.hint}
            autoComplete="new-password"
            required
            {...form.getInputProps("password")}
          />
          <FormFoot sent={sent} action={words.action} />
        </Stack>
      </form>
    </Section>
  );
}
