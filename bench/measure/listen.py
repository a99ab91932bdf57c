"""Those who watch: open streams of events, read and thrown away, as browsers with the console open do.

In: an address, and a line `TOKEN PATH` for each on stdin. Out: `ready N` when all have their answer's head, and `heard N` at the end of
the input: so many requests were told of. Never here: who may watch what.
"""

import selectors
import socket
import sys


def opened(host, port, line):
    token, path = line.split()
    sock = socket.create_connection((host, int(port)), timeout=30)
    head = f"GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\naccept: text/event-stream\r\n\r\n"
    sock.sendall(head.encode())
    first = sock.recv(65536)
    if not first.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(first[:300])
    sock.setblocking(False)
    return sock, first.count(b"event: request")


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    lines = []
    for line in iter(sys.stdin.readline, "\n"):
        lines.append(line)
    heard, watched = 0, selectors.DefaultSelector()
    for line in lines:
        sock, count = opened(host, port, line)
        heard += count
        watched.register(sock, selectors.EVENT_READ)
    print(f"ready {len(lines)}", flush=True)
    watched.register(sys.stdin, selectors.EVENT_READ)
    while True:
        for key, _ in watched.select():
            if key.fileobj is sys.stdin:
                print(f"heard {heard}", flush=True)
                return
            heard += key.fileobj.recv(65536).count(b"event: request")


main()
