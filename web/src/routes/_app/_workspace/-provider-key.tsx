// One key for a provider: brought, renamed, removed.
import { Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconDots, IconPencil, IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../../lib/api";
import { confirm } from "../../../lib/confirm";
import { useSending } from "../../../lib/form";
import { useHere } from "../../../lib/here";
import { usdExact } from "../../../lib/money";
import type { OwnProvider, ProviderKey } from "../../../lib/providers";
import { tellDone } from "../../../lib/toasts";
import { common } from "../../../messages/common";
import { providerKeys as words } from "../../../messages/providerKeys";
import { Dialog } from "../../../parts/Dialog";
import { FormFoot } from "../../../parts/FormFoot";
import { NativeSelect, PasswordInput, TextInput } from "../../../parts/fields";
import { Menu, MenuDivider, MenuItem } from "../../../parts/Menu";

const MODELS_NAMED = 6;

/** The form for a new one. */
export function AddProviderKey({ offered, close }: { offered: readonly OwnProvider[]; close: () => void }) {
  const { workspace } = useHere();
  const client = useQueryClient();
  const form = useForm({
    initialValues: {
      provider: offered[0]?.provider ?? "",
      label: "",
      key: "",
      base_url: offered[0]?.base_urls[0] ?? "",
    },
  });
  const chosen = offered.find((one) => one.provider === form.getValues().provider) ?? offered[0];
  const sent = useSending({
    form,
    send: (body, key) => {
      const params = { path: { workspace: workspace.id }, header: { "Idempotency-Key": key } };
      return take(
        api.POST("/workspaces/{workspace}/provider-keys", { params, body: { ...body, key: body.key.trim() } }),
      );
    },
    done: async (made) => {
      close();
      await client.invalidateQueries({ queryKey: ["provider-keys"] });
      tellDone(words.form.added(made.label));
    },
  });
  const choose = (provider: string) => {
    const next = offered.find((one) => one.provider === provider);
    form.setValues({ provider, base_url: next?.base_urls[0] ?? "" });
  };
  return (
    <form onSubmit={sent.onSubmit} autoComplete="off">
      <Stack>
        <NativeSelect
          label={words.form.provider}
          data={offered.map((one) => one.provider)}
          {...form.getInputProps("provider")}
          onChange={(event) => choose(event.currentTarget.value)}
        />
        {chosen ? <About of={chosen} /> : null}
        <TextInput
          label={words.form.label}
          description={words.form.labelHint}
          required
          maxLength={100}
          {...form.getInputProps("label")}
        />
        <PasswordInput
          label={words.form.key}
          description={words.form.keyHint}
          autoComplete="off"
          required
          {...form.getInputProps("key")}
        />
        <NativeSelect
          label={words.form.address}
          data={[...(chosen?.base_urls ?? [])]}
          {...form.getInputProps("base_url")}
        />
        <Text size="sm" c="dimmed">
          {words.form.tried}
        </Text>
        <FormFoot sent={sent} action={words.form.action} cancel={close} />
      </Stack>
    </form>
  );
}

function About({ of: provider }: { of: OwnProvider }) {
  const named = provider.models.slice(0, MODELS_NAMED).join(", ");
  const more = provider.models.length > MODELS_NAMED ? `${named}, …` : named;
  return (
    <Text size="sm" c="dimmed" className="unbroken">
      {provider.fee_micro_usd > 0 ? words.form.fee(usdExact(provider.fee_micro_usd)) : words.form.free}
      {more ? ` ${words.form.models(more)}.` : ""}
    </Text>
  );
}

/** The menu of a key's row. */
export function ProviderKeyMenu({ of: key }: { of: ProviderKey }) {
  const client = useQueryClient();
  const [renaming, setRenaming] = useState(false);
  const remove = () =>
    confirm({
      title: words.remove.title(key.label),
      consequence: words.remove.consequence,
      action: words.remove.action,
      run: async () => {
        const path = { workspace: key.workspace, key: key.id };
        await take(api.DELETE("/workspaces/{workspace}/provider-keys/{key}", { params: { path } }));
        await client.invalidateQueries({ queryKey: ["provider-keys"] });
        tellDone(words.remove.done(key.label));
      },
    });
  return (
    <>
      <Menu label={common.actionsFor(key.label)} target={<IconDots size={18} aria-hidden />} width={180}>
        <MenuItem icon={<IconPencil size={16} aria-hidden />} onClick={() => setRenaming(true)}>
          {words.menu.rename}
        </MenuItem>
        <MenuDivider />
        <MenuItem danger icon={<IconTrash size={16} aria-hidden />} onClick={remove}>
          {words.menu.remove}
        </MenuItem>
      </Menu>
      <Dialog opened={renaming} close={() => setRenaming(false)} title={words.rename.title(key.label)}>
        <Rename of={key} close={() => setRenaming(false)} />
      </Dialog>
    </>
  );
}

function Rename({ of: key, close }: { of: ProviderKey; close: () => void }) {
  const client = useQueryClient();
  const form = useForm({ initialValues: { label: key.label } });
  const sent = useSending({
    form,
    send: (body) => {
      const path = { workspace: key.workspace, key: key.id };
      return take(api.PATCH("/workspaces/{workspace}/provider-keys/{key}", { params: { path }, body }));
    },
    done: async () => {
      close();
      await client.invalidateQueries({ queryKey: ["provider-keys"] });
      tellDone(common.saved);
    },
  });
  return (
    <form onSubmit={sent.onSubmit}>
      <Stack>
        <TextInput label={words.form.label} required maxLength={100} data-autofocus {...form.getInputProps("label")} />
        <FormFoot sent={sent} action={words.rename.action} cancel={close} />
      </Stack>
    </form>
  );
}
