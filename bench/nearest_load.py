"""Questions at a steady rate over kept connections, and how long each took: run as a program.

    python -m bench.nearest_load PORT RATE SECONDS FILE

Open loop: a question is due at its time whether the one before is answered or not, and its time
counts from when it was due, so that a stall is seen by all who would have asked meanwhile. Prints
one line of JSON: count, failed, and milliseconds at the median, at 99 of 100, and at most.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

CONNECTIONS = 32


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str) -> bool:
    """Ask once; return whether it was answered with 200."""
    writer.write(f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    await reader.readexactly(length)
    return head.startswith(b"HTTP/1.1 200")


async def load(port: int, rate: float, seconds: float, addresses: list[str]) -> dict[str, float]:
    """Ask at the rate for so many seconds."""
    times_ms: list[float] = []
    failed = 0
    due: asyncio.Queue[tuple[float, str] | None] = asyncio.Queue()

    async def worker() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (task := await due.get()) is not None:
            at, address = task
            try:
                failed += not await ask(reader, writer, address)
            except (OSError, asyncio.IncompleteReadError):
                failed += 1
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            times_ms.append((time.perf_counter() - at) * 1000)
        writer.close()

    workers = [asyncio.create_task(worker()) for _ in range(CONNECTIONS)]
    begun = time.perf_counter()
    for number in range(int(rate * seconds)):
        at = begun + number / rate
        wait = at - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        due.put_nowait((at, addresses[number % len(addresses)]))
    for _ in workers:
        due.put_nowait(None)
    await asyncio.gather(*workers)
    times_ms.sort()
    return {
        "count": len(times_ms),
        "failed": failed,
        "p50_ms": round(times_ms[len(times_ms) // 2], 2),
        "p99_ms": round(times_ms[int(len(times_ms) * 0.99)], 2),
        "max_ms": round(times_ms[-1], 2),
    }


def main() -> None:
    """Read the arguments, ask, and print."""
    port, rate, seconds, file = sys.argv[1:]
    addresses = Path(file).read_text(encoding="utf-8").split()
    print(json.dumps(asyncio.run(load(int(port), float(rate), float(seconds), addresses))))


if __name__ == "__main__":
    main()
