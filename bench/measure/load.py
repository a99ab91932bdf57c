"""Load: bodies, wrk and bench-load. In: a peer, a scenario, a model. Out: numbers of one run. Never here: medians."""

import json
import os
import subprocess

from measure.peers import HERE, LOAD_CORE, PATH, built, post

SCENARIOS = ("small", "burst", "paced", "big")
STREAMS = ("burst", "paced")
PACE_US = 5000
BIG_TURNS = 68


def body(scenario, model):
    """The request of a scenario; the big one has about 61 KB."""
    question = "Please tell me a short story about a fox. "
    messages = [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": question},
    ]
    if scenario == "big":
        line = 'Explain "this" function:\n\tlet x = foo(bar, baz);\n and tell why it returns 41 instead of 42. '
        turns = [{"role": ("user", "assistant")[n % 2], "content": line * 9} for n in range(BIG_TURNS)]
        messages = [*turns, {"role": "user", "content": question}]
    request = {"model": model, "messages": messages, "max_tokens": 256}
    if scenario in STREAMS:
        request["stream"] = True
        request["stream_options"] = {"include_usage": True}
    if scenario == "paced":
        messages[-1]["content"] += f"@d{PACE_US}@"
    return json.dumps(request, separators=(",", ":"))


def check(peer, scenario, model):
    """One look at the answer, so that no error is measured as speed."""
    status, told = post(peer.address, PATH, body(scenario, model), peer.key)
    if status != 200:
        raise RuntimeError(f"{peer.name} {model} {scenario}: {status} {told[:300]!r}")
    if scenario in STREAMS:
        events = told.count(b"data: ")
        if events < 52 or not told.rstrip().endswith(b"data: [DONE]"):
            raise RuntimeError(f"{peer.name} {model} {scenario}: {events} events, ends with {told[-120:]!r}")


def body_file(folder, scenario, model):
    path = os.path.join(folder, f"body-{scenario}-{model}.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(body(scenario, model))
    return path


def wrk(peer, folder, scenario, model, seconds, connections):
    """As fast as it goes over so many connections; CPU is that of the peer's process tree."""
    environment = {**os.environ, "BODY": body_file(folder, scenario, model), "KEY": peer.key}
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
    command += ["-s", os.path.join(HERE, "post.lua"), f"http://{peer.address}{PATH}"]
    before = peer.process.cpu_us() if peer.process else 0
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds + 60, check=False)
    after = peer.process.cpu_us() if peer.process else 0
    lines = [line for line in done.stdout.splitlines() if line.startswith("JSON ")]
    if not lines:
        raise RuntimeError(f"wrk said: {done.stdout}{done.stderr}")
    run = json.loads(lines[0][5:])
    count = max(run["n"], 1)
    run["cpu_us"] = (after - before) / count
    run["rps"] = run["n"] / run["seconds"]
    return run


def bench_load(peer, folder, profile, mode, scenario, model, n, seconds):
    """bench-load: `rate` for honest latencies at a low rate, `hold` for many open streams."""
    command = ["taskset", "-c", str(LOAD_CORE), built(profile, "bench-load"), mode, peer.address, PATH, peer.key]
    command += [body_file(folder, scenario, model), str(n), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 90, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"bench-load: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)
