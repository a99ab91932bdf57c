"""Processes: started on a core, looked at from outside, ended by their id.

In: commands. Out: CPU time, memory, syscalls. Never here: what the processes are for.
"""

import os
import re
import signal
import subprocess
import time


class Process:
    """A server pinned to a core. Its output goes to a file."""

    def __init__(self, name, command, folder, core, env=None):
        self.name = name
        self.log = os.path.join(folder, f"{name}.log")
        with open(self.log, "ab") as log:
            full = ["taskset", "-c", str(core), *[str(part) for part in command]]
            self.child = subprocess.Popen(full, stdout=log, stderr=log, env=env, cwd=folder)
        self.pid = self.child.pid

    def alive(self):
        return self.child.poll() is None

    def tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-20:])

    def stop(self):
        if self.alive():
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(15)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def tree(self):
        """This process and all below it."""
        found, open_ids = [], [self.pid]
        while open_ids:
            pid = open_ids.pop()
            found.append(pid)
            for task in threads(pid):
                try:
                    with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                        open_ids += [int(child) for child in file.read().split()]
                except OSError:
                    pass
        return found

    def cpu_us(self):
        """CPU time of every thread of the tree, in microseconds (nanosecond counters of the scheduler)."""
        total = 0
        for pid in self.tree():
            for task in threads(pid):
                try:
                    with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                        total += int(file.read().split()[0])
                except OSError:
                    pass
        return total / 1000

    def memory_kb(self):
        """Resident memory of the tree; shared pages are split among their owners."""
        total = 0
        for pid in self.tree():
            try:
                with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                    total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
            except OSError:
                pass
        return total

    def syscalls(self, load):
        """Runs `load` while every thread is traced; gives calls by name, and what `load` gave."""
        out = f"{self.log}.strace"
        attach = [part for pid in self.tree() for part in ("-p", str(pid))]
        tracer = subprocess.Popen(["strace", "-c", "-f", "-q", "-o", out, *attach], stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        try:
            result = load()
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(15)
        calls = {}
        with open(out, encoding="ascii", errors="replace") as file:
            for line in file:
                words = line.split()
                if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
                    calls[words[-1]] = int(words[3])
        return calls, result


def threads(pid):
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def version_of(command):
    """The first version number a program tells of itself."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return "missing"
    found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
    return found.group(0) if found else "unknown"
