"""What kernels must answer, in exact rationals of the doubles themselves, rounded once to the nearest double.

Roots and exponentials are taken with 60 digits, sines and cosines with the 64 bits of NumPy's long double.
None = no value. Written from the definitions in DESIGN and the registry's summaries, not from the kernels.
"""

import re
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np

getcontext().prec = 60
MICRO = 10**6

FOLDS = "count sum mean min max range first last delta variance stddev rms peak crest skewness kurtosis slope circmean"


def root(x):
    return float((Decimal(x.numerator) / Decimal(x.denominator)).sqrt())


def decimal(x):
    return Decimal(x.numerator) / Decimal(x.denominator)


def fold(values, times):
    """Kernels over states, rows in order of arrival."""
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
        "cv": root(d2 / (n - 1) / mean**2) if n > 1 and mean**2 > d2 / (n - 1) / 10**18 else None,
        "rms": root(square),
        "peak": float(peak),
        "crest": root(peak**2 / square) if square > Fraction(1e-300) else None,
        "skewness": (1 if d3 > 0 else -1) * root((d3 / n) ** 2 / m2**3) if spread else None,
        "kurtosis": float(d4 / n / m2**2) if spread else None,
        "slope": slope(x, [Fraction(t) for t in times]),
        "circmean": circmean(x),
    }


def slope(x, t):
    n = len(x)
    mean_t, mean_x = sum(t) / n, sum(x) / n
    squares = sum((v - mean_t) ** 2 for v in t)
    return float(sum((a - mean_t) * (b - mean_x) for a, b in zip(t, x)) / squares * MICRO) if squares else None


def circmean(x):
    east = north = np.longdouble(0)
    degree = np.longdouble("3.14159265358979323846264338327950288") / 180
    for value in x:
        quarter = round(value / 90)
        rest = value - 90 * quarter
        # A long double is the sum of two doubles.
        high = float(rest)
        angle = (np.longdouble(high) + np.longdouble(float(rest - Fraction(high)))) * degree
        c, s = np.cos(angle), np.sin(angle)
        c, s = [(c, s), (-s, c), (-c, -s), (s, -c)][quarter % 4]
        east, north = east + c, north + s
    if not np.hypot(east, north) > 1e-12 * len(x):
        return None
    degrees = float(np.arctan2(north, east) / degree)
    turned = degrees % 360
    return turned if turned < 360 else 0.0


def stretches(values, times, pane, straight):
    """(from, to, value at from, value at to), µs, of the time over which the series has a value."""
    start, end, hold = (Fraction(pane[key]) for key in ("startUs", "endUs", "holdUs"))
    samples = [(Fraction(t), Fraction(v)) for t, v in zip(times, values)]
    if pane.get("before"):
        samples.insert(0, (Fraction(pane["before"]["timeUs"]), Fraction(pane["before"]["value"])))
    following = samples[1:] + ([(Fraction(pane["after"]["timeUs"]), Fraction(pane["after"]["value"]))] if pane.get("after") else [])
    for i, (time, value) in enumerate(samples):
        until, line = time + hold, None
        if i < len(following) and following[i][0] - time <= hold:
            until = following[i][0]
            if straight and until > time:
                line = (following[i][1] - value) / (until - time)
        a, b = max(time, start), min(until, end)
        if b > a:
            yield a, b, value + (a - time) * line if line else value, value + (b - time) * line if line else value


def duty(over, comparison, bound):
    meets = {">": bound.__lt__, ">=": bound.__le__, "<": bound.__gt__, "<=": bound.__ge__}[comparison]
    held = Fraction(0)
    for a, b, left, right in over:
        if left == right:
            held += b - a if meets(left) else 0
        else:
            # A point alone weighs nothing.
            crossing = min(max((bound - left) / (right - left), Fraction(0)), Fraction(1))
            above = crossing if right < left else 1 - crossing
            held += (b - a) * (above if comparison[0] == ">" else 1 - above)
    return held


def ewma(over, tau):
    mean = None
    for a, b, value, _ in over:
        x = decimal(value)
        fade = (-decimal((b - a) / MICRO) / Decimal(tau)).exp()
        mean = x if mean is None else x + (mean - x) * fade
    return None if mean is None else float(mean)


def counted(values, times, pane, word):
    modulus = {"u16": 2**16, "u32": 2**32}.get(word)
    before = pane.get("before")
    x = [Fraction(v) for v in ([before["value"]] if before else []) + values]
    t = ([before["timeUs"]] if before else []) + times
    if not values or len(x) < 2 or min(x) < 0 or (modulus and max(x) >= modulus):
        return None, None
    steps = [b - a if b >= a else b - a + modulus if modulus else b for a, b in zip(x, x[1:])]
    return sum(steps), Fraction(t[-1]) - Fraction(t[0])


def coverage(times, pane):
    expect, runs, before = Fraction(pane["expectUs"]), pane["runs"], pane.get("before")
    if not expect and not runs:
        return None
    pieces = []
    step = {}
    for run in runs:
        for i in range(run["rows"]):
            step[run["first"] + i] = run
    for i, time in enumerate(times):
        run = step.get(i)
        if run is None:
            pieces.append((Fraction(time), expect))
        elif run["first"] == i:
            pieces.append((Fraction(time), run["rows"] * MICRO / Fraction(run["rateHz"])))
    if before:
        carried = expect or (MICRO / Fraction(step[0]["rateHz"]) if 0 in step else 0)
        pieces.append((Fraction(before["timeUs"]), carried))
    start, end = Fraction(pane["startUs"]), Fraction(pane["endUs"])
    reached, covered = start, Fraction(0)
    for time, length in sorted(pieces):
        a, b = max(time, reached), min(time + length, end)
        if b > a:
            covered, reached = covered + b - a, b
    return float(covered / (end - start))


def over_rows(written, values, times, pane):
    """A kernel over rows in time order, as written: `duty(>80)`."""
    name, argument = re.fullmatch(r"(\w+)(?:\((.*)\))?", written).groups()
    start, end = Fraction(pane["startUs"]), Fraction(pane["endUs"])
    if name in ("twa", "integral", "duty"):
        over = list(stretches(values, times, pane, pane["linear"]))
        covered = sum(b - a for a, b, _, _ in over)
        if not covered:
            return None
        if name == "duty":
            comparison, bound = re.fullmatch(r"([<>]=?)(.*)", argument).groups()
            return float(duty(over, comparison, Fraction(float(bound))) / covered)
        area = sum((b - a) * (left + right) / 2 for a, b, left, right in over)
        return float(area / covered if name == "twa" else area / MICRO)
    if name == "ewma":
        return ewma(stretches(values, times, pane, False), float(argument)) if values else None
    if name in ("increase", "rate"):
        rise, span = counted(values, times, pane, argument)
        if name == "increase" or not span:
            return None if rise is None or name == "rate" else float(rise)
        return float(rise * MICRO / span)
    if name == "gap_max":
        edges = [start, *map(Fraction, times), end]
        return float(max(b - a for a, b in zip(edges, edges[1:])) / MICRO)
    if name == "expected":
        if pane["expectUs"]:
            return float((end - start) / Fraction(pane["expectUs"]))
        runs = sorted(pane["runs"], key=lambda run: -run["rows"])
        return float((end - start) * Fraction(runs[0]["rateHz"]) / MICRO) if runs else None
    if name == "coverage":
        return coverage(times, pane)
    return {"n": len(values), "late": pane["late"], "duplicate": pane["duplicate"]}[name]
