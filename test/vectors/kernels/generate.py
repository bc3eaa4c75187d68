#!/usr/bin/env python3
"""Writes vectors.json: what every kernel must answer, in exact rationals, rounded once to the nearest double.

The values are the doubles themselves, not the decimals they were written as. Roots are taken with 60 digits.
null = no value.   Run: python3 generate.py > vectors.json
"""

import json
import math
import random
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 60
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


def root(x):
    return float((Decimal(x.numerator) / Decimal(x.denominator)).sqrt())


def expected(values, times):
    x = [Fraction(v) for v in values]
    n = len(x)
    mean = sum(x) / n
    d2, d3, d4 = (sum((v - mean) ** p for v in x) for p in (2, 3, 4))
    square = sum(v * v for v in x) / n
    peak = max(abs(v) for v in x)
    first = min(range(n), key=lambda i: (times[i], i))
    last = max(range(n), key=lambda i: (times[i], i))
    spread = d2 > Fraction(1e-140)
    m2 = d2 / n
    return {
        "count": n,
        "sum": float(sum(x)),
        "mean": float(mean),
        "min": float(min(x)),
        "max": float(max(x)),
        "range": float(max(x) - min(x)),
        "first": values[first],
        "last": values[last],
        "delta": float(x[last] - x[first]),
        "variance": float(d2 / (n - 1)) if n > 1 else None,
        "stddev": root(d2 / (n - 1)) if n > 1 else None,
        "rms": root(square),
        "peak": float(peak),
        "crest": root(peak**2 / square) if square > Fraction(1e-300) else None,
        "skewness": (1 if d3 > 0 else -1) * root((d3 / n) ** 2 / m2**3) if spread else None,
        "kurtosis": float(d4 / n / m2**2) if spread else None,
    }


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
            case = {"name": name + order, "times": times, "values": values, "expected": expected(values, times)}
            lines.append("  " + json.dumps(case))
    print("[\n" + ",\n".join(lines) + "\n]")


main()
