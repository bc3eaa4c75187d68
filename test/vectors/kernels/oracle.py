#!/usr/bin/env python3
"""Answers what kernels must give: one JSON list in, one out.

In: cases of `values` and `times` in order of arrival, and with `pane` besides, rows in time order for `reductions`.
Out: for each, `exact` (exact.py) and `library` (NumPy and SciPy, in plain doubles; only what they have), by reduction.
"""

import json
import sys
import warnings

sys.dont_write_bytecode = True

import numpy as np
from exact import fold, over_rows
from scipy import stats


def library(x, t):
    """Well-conditioned input is taken for granted: doubles lose digits where values are far from zero."""
    n = len(x)
    out = {"sum": x.sum(), "mean": x.mean(), "min": x.min(), "max": x.max(), "range": np.ptp(x)}
    out |= {"rms": np.sqrt(np.mean(x**2)), "peak": np.abs(x).max(), "crest": np.abs(x).max() / np.sqrt(np.mean(x**2))}
    if np.abs(x).max() < 1e3:
        out |= {"circmean": stats.circmean(x, high=360)}
    if n > 1 and np.ptp(x) > 0:
        out |= {"variance": x.var(ddof=1), "stddev": x.std(ddof=1)}
        out |= {"skewness": stats.skew(x), "kurtosis": stats.kurtosis(x, fisher=False)}
    if n > 1 and np.ptp(t) > 0:
        out |= {"slope": stats.linregress((t - t.min()) / 1e6, x).slope}
    return out


def library_over_rows(x, t, pane):
    """Step, or linear where there are no gaps: vectors of times and values, clipped."""
    start, end, hold = pane["startUs"], pane["endUs"], pane["holdUs"]
    before, after = pane.get("before"), pane.get("after")
    out = {"n": len(x), "gap_max": np.diff(np.concatenate([[start], t, [end]])).max() / 1e6}
    if before:
        t, x = np.insert(t, 0, before["timeUs"]), np.insert(x, 0, before["value"])
    nexts = np.append(t[1:], after["timeUs"] if after else np.inf)
    if pane["expectUs"] and not pane["runs"]:
        ends = np.minimum(np.minimum(nexts, t + pane["expectUs"]), end)
        out["coverage"] = np.maximum(ends - np.maximum(t, start), 0).sum() / (end - start)
    held = np.maximum(np.minimum(np.minimum(nexts, t + hold), end) - np.maximum(t, start), 0)
    if not pane["linear"] and held.sum() > 0:
        out |= {"integral": np.dot(x, held) / 1e6, "twa": np.average(x, weights=held)}
        out |= {"duty(>20)": held[x > 20].sum() / held.sum(), "duty(<=20)": held[x <= 20].sum() / held.sum()}
    if pane["linear"] and before and after and np.diff(np.append(t, after["timeUs"])).max() <= hold:
        if len(np.unique(t)) == len(t):
            ts, xs = np.append(t, after["timeUs"]), np.append(x, after["value"])
            grid = np.concatenate([[start], t[1:], [end]])
            out["integral"] = np.trapz(np.interp(grid, ts, xs), grid - start) / 1e6
    if len(x) > 1 and len(t) > (1 if before else 0) and x.min() >= 0:
        steps = np.diff(x)
        out["increase"] = np.where(steps < 0, x[1:], steps).sum()
    return out


def answer(case):
    values, times = case["values"], case["times"]
    x, t = np.array(values), np.array(times, dtype=float)
    pane = case.get("pane")
    if not pane:
        return {"exact": fold(values, times), "library": plain(library(x, t))}
    exact = {written: over_rows(written, values, times, pane) for written in case["reductions"]}
    return {"exact": exact, "library": plain(library_over_rows(x, t, pane)) if values else {}}


def plain(outcomes):
    return {name: float(value) for name, value in outcomes.items() if np.isfinite(value)}


warnings.simplefilter("ignore")
json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout, allow_nan=False)
