// Parts as their readers have them: by roles and names.
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { type ReactNode, useState } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { confirm, question } from "../lib/confirm";
import { Fault } from "../lib/fault";
import { tellDone, tellFault, toasts } from "../lib/toasts";
import { Choice } from "./Choice";
import { Confirm } from "./Confirm";
import { DataTable } from "./DataTable";
import { Fact, Facts } from "./Facts";
import { FaultNote } from "./FaultNote";
import { Menu, MenuItem } from "./Menu";
import { Missing } from "./Missing";
import { Tags } from "./Tags";
import { Toasts } from "./Toasts";

const show = (children: ReactNode) =>
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>{children}</QueryClientProvider>
    </MantineProvider>,
  );

afterEach(() => {
  question.set(null);
  toasts.set([]);
});

describe("a fault", () => {
  it("tells its words, the strays, how long to wait and the id to pass on", () => {
    const fault = new Fault(429, "too_many_tries", "Wait a while.", [{ field: "x", detail: "odd" }], "req_9", 3);
    show(<FaultNote fault={fault} />);
    const note = screen.getByRole("alert");
    for (const text of ["Wait a while.", "x: odd", "Try again in 3 seconds.", "req_9"]) {
      expect(within(note).getByText(text)).toBeInTheDocument();
    }
    expect(within(note).getByRole("button", { name: "Copy request id" })).toBeInTheDocument();
  });

  it("is text, whatever it holds", () => {
    show(<FaultNote fault={new Fault(400, "x", "<img src=x onerror=alert(1)>")} />);
    expect(screen.getByText("<img src=x onerror=alert(1)>")).toBeInTheDocument();
    expect(document.querySelector("img")).toBeNull();
  });

  it("tells what to do where nobody knows whether it was done", () => {
    show(<FaultNote fault={new Fault(409, "idempotency_not_ended", "x")} />);
    expect(screen.getByText(/Look whether it was done before you try again/)).toBeInTheDocument();
  });
});

describe("a part that is not there", () => {
  it("is waited for without a word", () => {
    show(<Missing error={null} />);
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("tells why it could not be told", () => {
    show(<Missing error={new Fault(503, "busy", "Too much to do.")} />);
    expect(within(screen.getByRole("alert")).getByText("Too much to do.")).toBeInTheDocument();
  });
});

describe("a question", () => {
  const ask = (run: () => Promise<unknown>, typed?: string) =>
    confirm({
      title: "Revoke it?",
      consequence: "Programs are refused.",
      action: "Revoke",
      run,
      ...(typed ? { typed } : {}),
    });

  it("names its consequence, and goes when it is done", async () => {
    const run = vi.fn(async () => {});
    show(<Confirm />);
    act(() => ask(run));
    expect(await screen.findByText("Programs are refused.")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Revoke" }));
    expect(run).toHaveBeenCalledOnce();
    expect(question.get()).toBeNull();
  });

  it("stays and tells why where it fails", async () => {
    show(<Confirm />);
    act(() => ask(() => Promise.reject(new Fault(409, "conflict", "The last owner stays."))));
    await userEvent.click(await screen.findByRole("button", { name: "Revoke" }));
    expect(await screen.findByText("The last owner stays.")).toBeInTheDocument();
    expect(question.get()).not.toBeNull();
  });

  it("waits for the name where it takes much with it", async () => {
    show(<Confirm />);
    act(() => ask(async () => {}, "acme"));
    const button = await screen.findByRole("button", { name: "Revoke" });
    expect(button).toBeDisabled();
    await userEvent.type(screen.getByRole("textbox"), "acme");
    expect(button).toBeEnabled();
  });
});

describe("notices", () => {
  it("of things that were done go by themselves, those of failures stay", () => {
    vi.useFakeTimers();
    show(<Toasts />);
    act(() => {
      tellDone("Saved.");
      tellFault(new Fault(500, "internal", "It broke.", [], "req_7"));
    });
    expect(screen.getByRole("region", { name: "Notices" })).toHaveAttribute("aria-live", "polite");
    expect(screen.getByText("Saved.")).toBeInTheDocument();
    act(() => {
      vi.advanceTimersByTime(60_000);
    });
    expect(screen.queryByText("Saved.")).toBeNull();
    expect(screen.getByText("req_7")).toBeInTheDocument();
    vi.useRealTimers();
  });
});

describe("a table", () => {
  it("has heads for everybody, and a region that can be scrolled by the keyboard", () => {
    const columns = [
      { key: "a", head: "Name", cell: (row: { a: string }) => row.a },
      { key: "b", head: "Actions", quiet: true, cell: () => "…" },
    ];
    show(<DataTable label="Keys" columns={columns} rows={[{ a: "one" }]} rowKey={(row) => row.a} />);
    expect(screen.getAllByRole("columnheader").map((head) => head.textContent)).toEqual(["Name", "Actions"]);
    expect(screen.getByRole("region", { name: "Keys, scrolls sideways" })).toHaveAttribute("tabindex", "0");
    expect(screen.getByText("1 entry")).toBeInTheDocument();
  });
});

describe("facts", () => {
  it("without a value are left out, and nothing is a value", () => {
    show(
      <Facts>
        <Fact name="there">0</Fact>
        <Fact name="gone">{null}</Fact>
        <Fact name="zero">{0}</Fact>
      </Facts>,
    );
    expect(screen.queryByText("gone")).toBeNull();
    expect(screen.getAllByText("0")).toHaveLength(2);
  });
});

function Listed() {
  const [value, setValue] = useState<string[]>([]);
  return <Tags label="Models" value={value} onChange={setValue} />;
}

describe("a list of short texts", () => {
  it("takes what is typed, pasted and left, each once", async () => {
    show(<Listed />);
    const field = screen.getByRole("textbox", { name: "Models" });
    await userEvent.type(field, "a{Enter}b,");
    await userEvent.click(field);
    await userEvent.paste("c d\na");
    await userEvent.type(field, "e");
    await userEvent.tab();
    const listed = () =>
      screen.getAllByRole("button", { name: /^Remove / }).map((one) => one.getAttribute("aria-label"));
    expect(listed()).toEqual(["a", "b", "c", "d", "e"].map((word) => `Remove ${word}`));
    await userEvent.type(field, "{Backspace}");
    await userEvent.click(screen.getByRole("button", { name: "Remove b" }));
    expect(listed()).toEqual(["a", "c", "d"].map((word) => `Remove ${word}`));
  });
});

describe("a choice", () => {
  it("is made by radio buttons", async () => {
    const chosen = vi.fn();
    const options = ["one", "two"].map((value) => ({ value, label: value }));
    show(<Choice label="Way" value="one" options={options} onChange={chosen} />);
    await userEvent.click(screen.getByRole("radio", { name: "two" }));
    expect(chosen).toHaveBeenCalledWith("two");
  });
});

describe("a menu", () => {
  it("belongs to its button and says what it is", () => {
    show(
      <Menu label="Actions for x" target="…">
        <MenuItem>Edit</MenuItem>
      </Menu>,
    );
    const button = screen.getByRole("button", { name: "Actions for x" });
    expect(button).toHaveAttribute("aria-haspopup", "menu");
    const menu = document.getElementById(button.getAttribute("popovertarget") ?? "");
    expect(menu).toHaveAttribute("role", "menu");
    expect(menu).toHaveTextContent("Edit");
  });
});
