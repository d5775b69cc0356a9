"""spopt's MCLP in a process of its own, in `.venv/bench`: builds and solves it when told to.

    python siting_spopt.py FILE.npz

Reads metres, people, the radius in metres and k from the file. For each line on standard input it
writes the seconds of building and of solving, by HiGHS on one thread, and the people reached.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pulp

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from spopt.locate import MCLP


def main() -> None:
    """Answer until standard input ends."""
    arrays = np.load(Path(sys.argv[1]))
    metres, people = arrays["metres"], arrays["people"].astype(np.float64)
    for _line in sys.stdin:
        begun = time.perf_counter()
        problem = MCLP.from_cost_matrix(metres, people, float(arrays["radius_m"]), int(arrays["k"]))
        built = time.perf_counter()
        problem.solve(pulp.HiGHS(msg=False, threads=1))
        solved = time.perf_counter()
        answer = {
            "build_s": built - begun,
            "solve_s": solved - built,
            "people": round(problem.problem.objective.value()),
        }
        print("ANSWER " + json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
