"""What the simulated providers say and count, so that an answer and a bill can be foretold.

In: prompts. Out: tokens, answers, samples. Never here: requests. The rule is the one of crates/sim: four bytes of
UTF-8 are a token, 85 tokens an image, rounded up once over the whole prompt.
"""

import base64
import os
import struct
import zlib


def tokens(*texts, images=0):
    """The input tokens of a prompt made of these texts."""
    size = sum(len(text.encode()) for text in texts)
    return -(-size // 4) + 85 * images


def said(text):
    """The answer to a plain prompt."""
    return f"You said: {text}."


def png(width=2, height=2):
    """A real, tiny PNG."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = b"".join(b"\x00" + b"\xff\x00\x00" * width for _ in range(height))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


PNG = png()
PNG_BASE64 = base64.b64encode(PNG).decode()
IMAGE_WORDS = f"image image/png of {len(PNG)} bytes"


def charge_nano_usd(usage, price):
    """The charge for tokens by class at prices in USD per million tokens: exact sums, rounded up once."""
    if price == "free":
        return 0
    pico = 0
    for name, count in usage.items():
        fallback = "output" if name == "reasoning" else "input"
        rate = price.get(name, price.get(fallback, "0"))
        whole, _, decimals = rate.partition(".")
        pico += count * int(whole + decimals.ljust(6, "0")[:6])
    return -(-pico // 1000)


def images_nano_usd(price):
    """What one image may cost by a price document; nothing where tokens alone have a price."""
    texts = [text for name, text in price.items() if name.split(".")[0] == "image"]
    return [round(float(text) * 1_000_000_000) for text in texts] or [0]


def is_model(told, asked):
    """The gateway tells the public name; the provider itself tells a name with a date."""
    return told == asked or (os.environ["TOLLGATE_TARGET"] == "sim" and told.startswith(asked))
