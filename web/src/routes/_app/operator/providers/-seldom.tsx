// What few providers want otherwise: headers, times, how the credential is sent, and whatever has no field. In: a form. Out: its parts.
import "@mantine/core/styles/SimpleGrid.css";
import { SimpleGrid, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { providers as words } from "../../../../messages/catalogueProviders";
import { NativeSelect, TextInput } from "../../../../parts/fields";
import { Section } from "../../../../parts/Page";
import { Pairs } from "../../../../parts/Pairs";
import { RestField } from "../-rest";
import { AUTHS, type ProviderValues } from "./-values";

const fields = words.form;

interface FormProps {
  form: UseFormReturnType<ProviderValues>;
}

/** The fields. They load by themselves: most providers need none of them. */
export default function Seldom({ form }: FormProps) {
  return (
    <>
      <Headers form={form} />
      <Section title={fields.timeouts} about={fields.timeoutsAbout}>
        <SimpleGrid cols={{ base: 1, xs: 3 }}>
          {(["firstByte", "idle", "total"] as const).map((name) => (
            <TextInput key={name} label={fields[name]} inputMode="numeric" {...form.getInputProps(name)} />
          ))}
        </SimpleGrid>
        <NativeSelect
          label={fields.auth}
          maw={320}
          data={[{ value: "", label: fields.authUsual }, ...AUTHS.map((value) => ({ value, label: value }))]}
          {...form.getInputProps("auth")}
        />
        <RestField {...form.getInputProps("rest")} />
      </Section>
    </>
  );
}

function Headers({ form }: FormProps) {
  const error = form.errors.headers;
  return (
    <Section title={fields.headers} about={fields.headersAbout}>
      <Pairs
        rows={form.getValues().headers.map((header, n) => ({
          name: {
            "aria-label": `${fields.headerName} ${n + 1}`,
            placeholder: fields.headerName,
            ...form.getInputProps(`headers.${n}.name`),
          },
          value: {
            "aria-label": `${fields.headerValue} ${n + 1}`,
            placeholder: fields.headerValue,
            ...form.getInputProps(`headers.${n}.value`),
          },
          removal: fields.headerRemove(header.name),
          remove: () => form.removeListItem("headers", n),
        }))}
        below={
          error ? (
            <Text role="alert" size="sm" c="var(--mantine-color-error)">
              {error}
            </Text>
          ) : null
        }
        add={{ label: fields.headerAdd, run: () => form.insertListItem("headers", { name: "", value: "" }) }}
      />
    </Section>
  );
}
