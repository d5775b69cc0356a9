"""pandana in a process of its own, in `.venv/bench`: builds a network, and answers when told to.

    python coverage_pandana.py FILE.npz

Reads nodes and edges from the file, writes the seconds that building took, and then for each line
`STATIONS` on standard input the seconds of one query and how many nodes it reached. pandana's
`precompute` is left out: it serves sums over ranges, and the nearest places do not use it.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandana
import pandas as pd

LIMIT_MINUTES = 15.0


def main() -> None:
    """Answer until standard input ends."""
    arrays = np.load(Path(sys.argv[1]))
    begun = time.perf_counter()
    network = pandana.Network(
        pd.Series(arrays["x"]),
        pd.Series(arrays["y"]),
        pd.Series(arrays["edge_from"]),
        pd.Series(arrays["edge_to"]),
        pd.DataFrame({"minutes": arrays["minutes"]}),
        twoway=True,
    )
    tell({"set_up_s": time.perf_counter() - begun})
    for line in sys.stdin:
        nodes = arrays["stations"][: int(line)]
        begun = time.perf_counter()
        network.set_pois(
            "station",
            LIMIT_MINUTES,
            1,
            pd.Series(arrays["x"][nodes]),
            pd.Series(arrays["y"][nodes]),
        )
        found = network.nearest_pois(LIMIT_MINUTES, "station", num_pois=1)[1].to_numpy()
        seconds = time.perf_counter() - begun
        tell({"query_s": seconds, "reached": int((found < LIMIT_MINUTES).sum())})


def tell(found: dict[str, float]) -> None:
    """Write one line."""
    print("ANSWER " + json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
