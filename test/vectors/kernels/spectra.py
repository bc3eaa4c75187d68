#!/usr/bin/python3
"""What SciPy makes of signals: reads cases as JSON, writes the outcome of each as JSON (null = no value).

A case: values, runs [{first, rows, rateHz}], detrend ("default", "none", "mean", {highpassHz}), kernel, arguments.
Run by test/reduce/signal.test.ts. (Not called signal.py: that is a module of Python's own.)
"""

import json
import sys

import numpy as np
from scipy import signal


def started(sos, x):
    """Filtered as if the first value had always been there."""
    return signal.sosfilt(sos, x, zi=signal.sosfilt_zi(sos) * x[0])[0]


def spectrum(case, carrier=None):
    runs, detrend = case["runs"], case["detrend"]
    if not runs:
        return None
    longest = max(run["rows"] for run in runs)
    rate = next(run["rateHz"] for run in runs if run["rows"] == longest)
    if longest < 32 or (carrier and carrier[1] >= rate / 2):
        return None
    length = 1 << (min(longest, 4096).bit_length() - 1)
    total, segments = 0, 0
    for run in runs:
        if run["rows"] < length or abs(run["rateHz"] - rate) > 1e-3 * rate:
            continue
        x = np.array(case["values"][run["first"] : run["first"] + run["rows"]])
        constant = "constant"
        if carrier:
            x = np.abs(started(signal.butter(4, carrier, "bandpass", fs=rate, output="sos"), x)) * np.pi / 2
        elif isinstance(detrend, dict):
            x = started(signal.butter(2, detrend["highpassHz"], "highpass", fs=rate, output="sos"), x)
            constant = False
        elif detrend == "none":
            constant = False
        hz, density = signal.welch(x, rate, "hann", length, length // 2, detrend=constant, scaling="density")
        count = 1 + (len(x) - length) // (length // 2)
        total = total + density * count
        segments += count
    return hz, total / segments, rate / length


def band(found, low, high, weight=None):
    hz, density, width = found
    if (high - low) / width < 1 or high > hz[-1]:
        return None
    edges = np.clip(np.concatenate([hz - width / 2, [hz[-1]]]), 0, hz[-1])
    share = np.clip(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0, None) / np.diff(edges)
    if weight is not None:
        with np.errstate(divide="ignore"):
            density = np.where(share > 0, density * weight(hz), 0)
    return float(np.sum(density * share) * width)


def root(value, factor=1.0):
    return None if value is None or np.isinf(value) else float(np.sqrt(value)) * factor


def outcome(case):
    kernel, args = case["kernel"], case["arguments"]
    if kernel == "zerocross":
        x = np.array(case["values"])
        detrend = case["detrend"]
        if isinstance(detrend, dict):
            rate = case["runs"][0]["rateHz"]
            x = started(signal.butter(2, detrend["highpassHz"], "highpass", fs=rate, output="sos"), x)
        elif detrend != "none":
            x = signal.detrend(x, type="constant")
        return int(np.count_nonzero(np.diff(np.signbit(x[x != 0]))))
    found = spectrum(case, args[:2] if kernel == "envelope_rms" else None)
    if found is None:
        return None
    hz, density, width = found
    if kernel == "band_power":
        return band(found, *args)
    if kernel == "band_rms":
        return root(band(found, *args))
    if kernel == "velocity_rms":
        return root(band(found, *args, weight=lambda f: (2 * np.pi * f) ** -2.0), 1000)
    if kernel == "envelope_rms":
        return root(band(found, *args[2:]))
    if kernel == "spectral_centroid":
        return float(np.average(hz[1:], weights=density[1:]))
    amplitude = np.sqrt(density)
    amplitude[[0, -1]] *= np.sqrt(2)
    mirrored = np.append(amplitude, amplitude[-2])
    peaks = signal.find_peaks(mirrored)[0]
    peak = peaks[np.argmax(mirrored[peaks])]
    left, middle, right = mirrored[peak - 1 : peak + 2]
    return float((peak + 2 * (right - left) / (left + 2 * middle + right)) * width)


json.dump([outcome(case) for case in json.load(sys.stdin)], sys.stdout)
