"""Numbers made readable. In: the results of a run. Out: text, a JSON file, tables in a page. Never here: measuring."""

import json
import os
import statistics
import time

from measure.process import version_of

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
# What the CPU of a request may be, as a multiple of nginx's.
GOALS = {
    "free-straight": {"small": 1.5, "burst": 1.5, "paced": 1.3, "big": 2.8},
    "billed-straight": {"small": 2.5, "burst": 2.2, "paced": 1.5, "big": 3.5},
}


def machine():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cpu": models[0] if models else "unknown",
        "cores": os.cpu_count(),
        "kernel": os.uname().release,
        "nginx": version_of(["nginx", "-v"]),
        "wrk": version_of(["wrk", "-v"]),
        "load_before": round(os.getloadavg()[0], 2),
    }


def median(values):
    return statistics.median(values) if values else 0


def rows_of(results, scenario):
    """One row a variant: medians over the rounds, and the ratio to nginx taken round by round."""
    by_variant = {}
    for run in results["runs"]:
        if run["scenario"] == scenario:
            by_variant.setdefault(run["variant"], {})[run["round"]] = run
    nginx = by_variant.get("nginx", {})
    out = []
    for variant, runs in by_variant.items():
        ratios = [run["cpu_us"] / nginx[n]["cpu_us"] for n, run in runs.items() if n in nginx and nginx[n]["cpu_us"]]
        cpu = [run["cpu_us"] for run in runs.values()]
        out.append({
            "variant": variant,
            "cpu_us": median(cpu),
            "cpu_us_min": min(cpu),
            "cpu_us_max": max(cpu),
            "x_nginx": median(ratios),
            "rps": median([run["rps"] for run in runs.values()]),
            "p50_us": median([run["p50_us"] for run in runs.values()]),
            "p99_us": median([run["p99_us"] for run in runs.values()]),
            "errors": sum(run["bad"] + run["failed"] for run in runs.values()),
            "rounds": len(runs),
        })
    return out


def scenario_table(results, scenario):
    lines = [
        "| | CPU us a request (min-max) | x nginx | goal | requests/s | p50 us | p99 us | errors |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows_of(results, scenario):
        goal = GOALS.get(row["variant"], {}).get(scenario)
        cpu, times = "-", "-"
        if row["variant"] != "direct":
            cpu = f"{row['cpu_us']:.1f} ({row['cpu_us_min']:.1f}-{row['cpu_us_max']:.1f})"
            times = f"{row['x_nginx']:.2f}"
        met = "" if goal is None else judged(row["x_nginx"], goal)
        lines.append(
            f"| {row['variant']} | {cpu} | {times} | {met} | {row['rps']:.0f} | {row['p50_us']:.0f} "
            f"| {row['p99_us']:.0f} | {row['errors']} |"
        )
    return lines


def judged(measured, goal, unit=""):
    """A goal, and whether it is met."""
    return f"<= {goal}{unit} {'met' if measured <= goal else 'MISSED'}"


def latency_table(results):
    lines = ["| | p50 us | added p50 us | more than nginx | goal | p99 us | failed |", "|---|---|---|---|---|---|---|"]
    # A charge is on disk before an answer ends.
    goals = {"free-straight": 25, "billed-straight": 500 + round(results["fdatasync_us"])}
    nginx = median([run["added_p50_us"] for run in results["latency"].get("nginx", [])])
    for name, runs in results["latency"].items():
        cells = [median([run[key] for run in runs]) for key in ("p50_us", "added_p50_us", "p99_us")]
        failed = sum(run["failed"] for run in runs)
        more = cells[1] - nginx
        goal = judged(more, goals[name]) if name in goals else ""
        lines.append(f"| {name} | {cells[0]:.0f} | {cells[1]:.0f} | {more:.0f} | {goal} | {cells[2]:.0f} | {failed} |")
    return [*lines, "", f"One fdatasync on the same disk in the same run: {results['fdatasync_us']:.0f} us."]


def same_rate_table(results):
    """A row a rate, a column a variant: CPU, and as a multiple of nginx's."""
    rates = results["same_rate"]
    names = list(next(iter(rates.values())))
    lines = ["| requests/s | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for rate, by_name in rates.items():
        cpu = {name: median([run["cpu_us"] for run in runs]) for name, runs in by_name.items()}
        cells = [f"{cpu[name]:.1f} us ({cpu[name] / cpu['nginx']:.2f})" for name in names]
        lines.append(f"| {rate} | " + " | ".join(cells) + " |")
    return lines


def memory_table(results):
    found = results["memory"]
    fresh, used = (found[f"{which}_idle_kb"] / 1024 for which in ("fresh", "used"))
    each, start, behind = found["tollgate_stream_kb"], found["fresh_start_s"], found["used_start_s"]
    requests = f"{found['requests']:,} requests of this day"
    return [
        "| | measured | goal |",
        "|---|---|---|",
        f"| idle with {found['keys']} keys | {fresh:.1f} MB | {judged(fresh, 25, ' MB')} |",
        f"| idle behind {requests} | {used:.1f} MB | |",
        f"| each open stream | {each:.1f} KB (nginx {found['nginx_stream_kb']:.1f}) | {judged(each, 60, ' KB')} |",
        f"| start to first answer with {found['keys']} keys | {start:.2f} s | {judged(start, 0.2, ' s')} |",
        f"| start to first answer behind {requests} | {behind:.2f} s | |",
    ]


def watched_table(results):
    """A row a rate: CPU of a request without and with those who watch, and what they were told of."""
    lines = ["| requests/s | nobody watches | they watch | more | told to them a request |", "|---|---|---|---|---|"]
    for rate, by_name in results["watched"].items():
        cpu = {name: median([run["cpu_us"] for run in runs]) for name, runs in by_name.items()}
        told = median([run["heard"] / max(run["n"], 1) for run in by_name["watched"]])
        more = 100 * (cpu["watched"] / cpu["nobody"] - 1)
        lines.append(f"| {rate} | {cpu['nobody']:.1f} us | {cpu['watched']:.1f} us | {more:.1f} % | {told:.1f} |")
    return lines


def syscalls_table(results):
    lines = ["| | calls a request | most frequent |", "|---|---|---|"]
    for name, row in results["syscalls"].items():
        most = ", ".join(f"{call} {count}" for call, count in list(row["by_name"].items())[:6])
        lines.append(f"| {name} | {row['all']} | {most} |")
    return lines


def show(title, lines):
    print(f"\n{title}")
    print("\n".join(lines), flush=True)


def print_scenario(results, scenario):
    show(scenario, scenario_table(results, scenario))


def print_latency(results):
    show(f"{results['settings']['rate']} requests a second", latency_table(results))


def print_same_rate(results):
    show("CPU at the same rate", same_rate_table(results))


def print_memory(results):
    show("memory and start", memory_table(results))


def print_watched(results):
    show(f"watched by {results['settings']['listeners']}", watched_table(results))


def print_syscalls(results):
    show("system calls", syscalls_table(results))


def save(results, folder):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"{time.strftime('%Y%m%d-%H%M%S')}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    print(f"\nresults: {os.path.relpath(path)}")


def page(results):
    """The tables of a run, as Markdown."""
    told, settings = results["machine"], results["settings"]
    lines = [
        f"{told['date']}, {told['cores']} cores ({told['cpu']}), Linux {told['kernel']}, nginx {told['nginx']}, "
        f"wrk {told['wrk']}; profile `{settings['profile']}`, {settings['connections']} connections, medians of "
        f"{settings['rounds']} rounds in turns of {settings['seconds']} s; load before the run {told['load_before']}.",
    ]
    for scenario in settings["scenarios"].split(","):
        lines += ["", f"### {scenario}", "", *scenario_table(results, scenario)]
    for key, title, table in (
        ("latency", f"At {settings['rate']} requests a second", latency_table),
        ("same_rate", "CPU of a small request at the same rate (x nginx)", same_rate_table),
        ("watched", f"While {settings['listeners']:,} watch elsewhere, and ten the same workspace", watched_table),
        ("memory", "Memory and start", memory_table),
        ("syscalls", "System calls", syscalls_table),
    ):
        if key in results:
            lines += ["", f"### {title}", "", *table(results)]
    for what, why in results["missing"].items():
        lines += ["", f"Not measured: {what} ({why[:160]})."]
    return lines


def write(results, path):
    """Puts the tables between the marks of the page; makes the page when there is none."""
    text = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
    if BEGIN not in text:
        text = f"# Performance\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + "\n" + "\n".join(page(results)) + "\n" + END + after)
    print(f"written: {os.path.relpath(path)}")
