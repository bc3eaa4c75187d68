#!/usr/bin/env python3
"""Writes vectors.json: what every kernel must answer, in exact rationals, rounded once to the nearest double.

The values are the doubles themselves, not the decimals they were written as: see exact.py.
null = no value.   Run: python3 generate.py > vectors.json
"""

import json
import math
import random
import sys

sys.dont_write_bytecode = True

from exact import fold, over_rows

REDUCTIONS = (
    "twa integral duty(>80) duty(>=0) duty(<1) duty(<=20.5) increase increase(u16) increase(u32) rate rate(u16) rate(u32)"
    " ewma(10) ewma(0.00002) n expected coverage gap_max late duplicate"
).split()

draw = random.Random(1909)


def gauss(n, mean, spread):
    return [draw.gauss(mean, spread) for _ in range(n)]


def sine(n, periods, offset=0.0):
    return [offset + math.sin(2 * math.pi * periods * i / n) for i in range(n)]


CASES = {
    "one": [21.5],
    "two": [21.5, -3.25],
    "two equal": [0.1, 0.1],
    "constant": [0.1] * 37,
    "zeros": [0.0, -0.0, 0.0],
    "temperature": [round(x, 2) for x in gauss(150, 20, 5)],
    "gaussian": gauss(200, 0, 1),
    "sine": sine(128, 4),
    "sine on gravity": sine(100, 7, 9.80665),
    "mean of 1e6 deviations": gauss(120, 1e6, 1),
    "mean of 1e9 deviations": gauss(120, 1e9, 1),
    "microseconds since the epoch": [1.76e15 + math.floor(x) for x in gauss(80, 0, 3e5)],
    "first is an outlier": [0.0] + gauss(99, 1e6, 1),
    "first is far, rest constant": [1e9] + [0.1] * 99,
    "last is an outlier": gauss(99, 5, 0.1) + [-1e7],
    "drift": [100 + 0.37 * i for i in range(90)],
    "impulses": [40.0 if i % 50 == 17 else x for i, x in enumerate(gauss(200, 0, 1))],
    "steps of a converter": [draw.randrange(2040, 2056) * 0.0048828125 for _ in range(100)],
    "integers at 2^53": [2.0**53 - i for i in range(40)],
    "cancelling": [1e16, 1.0, -1e16, 1.0, 3e15, -3e15],
    "small": [x * 1e-60 for x in gauss(50, 2, 1)],
    "large": [x * 1e60 for x in gauss(50, 2, 1)],
    "subnormal": [5e-324 * i for i in range(1, 30)],
}


def pane_of(values, times, linear):
    """Gaps are longer than a value holds, and there are neighbours on both sides."""
    return {
        "startUs": 0,
        "endUs": times[-1] + 20,
        "holdUs": 12,
        "linear": linear,
        "before": {"timeUs": -4, "value": values[-1]},
        "after": {"timeUs": times[-1] + 25, "value": values[0]},
        "runs": [],
        "detrend": "default",
        "expectUs": 3,
        "late": 3,
        "duplicate": 1,
    }


def uneven(values):
    """Steps of 0 to 15 µs."""
    times, time = [], 0
    for i in range(len(values)):
        time += (i * i * 7) % 16
        times.append(time)
    return times


def main():
    lines = []
    for name, values in CASES.items():
        for order, times in (
            ("", list(range(len(values)))),
            (", backwards", list(range(len(values), 0, -1))),
            (", equal times", [7] * len(values)),
        ):
            if order and name not in ("temperature", "two"):
                continue
            case = {"name": name + order, "times": times, "values": values, "expected": fold(values, times)}
            lines.append("  " + json.dumps(case))
        for linear in (False, True):
            times = uneven(values)
            pane = pane_of(values, times, linear)
            expected = {written: over_rows(written, values, times, pane) for written in REDUCTIONS}
            case = {"name": name + (", on lines" if linear else ", held"), "times": times, "values": values}
            lines.append("  " + json.dumps(case | {"pane": pane, "expected": expected}))
    print("[\n" + ",\n".join(lines) + "\n]")


main()
