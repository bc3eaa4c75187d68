# Windows over a recording as pandas would resample it, with NumPy and the system's time zones alone.
# stdin: { path, windows: { name: { every, size?, zone?, hold? } } }, µs; stdout: { name: [[start, fields], ...] }.
import json, sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo
import numpy as np


def calendar(times, every, zone):
    """Starts of windows by the clocks of a zone: the distinct local times cut to `every`, of whole hours or days."""
    zone = ZoneInfo(zone)
    starts = {}
    for t in times:
        local = datetime.fromtimestamp(t / 1e6, timezone.utc).astimezone(zone)
        day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        if every == 86400e6:
            start, end = day, (day + timedelta(days=1)).replace(fold=0)
        else:
            start = local - timedelta(microseconds=(local.replace(tzinfo=None) - day.replace(tzinfo=None)) // timedelta(microseconds=1) % every)
            end = start.astimezone(timezone.utc) + timedelta(microseconds=every)
        starts[int(start.timestamp()) * 10**6] = int(end.timestamp()) * 10**6
    return sorted(starts.items())


def bounds(times, every, size=None, zone=None, hold=None):
    if zone:
        return calendar(times, every, zone)
    size = size or every
    behind = size if hold is None else size + hold
    ends = np.arange(times[0] // every * every + every, times[-1] + behind + 1, every)
    return [(int(end - size), int(end)) for end in ends]


def outcome(times, values, start, end, hold):
    if hold is None:
        own = values[np.searchsorted(times, start):np.searchsorted(times, end)]
        if len(own) == 0:
            return None
        fields = {'count': len(own), 'sum': own.sum(), 'mean': own.mean(), 'min': own.min(), 'max': own.max(),
                  'first': own[0], 'last': own[-1]}
        if len(own) > 1:
            fields['stddev'] = own.std(ddof=1)
        return fields
    first, behind = np.searchsorted(times, start), np.searchsorted(times, end)
    has_rows = behind > first
    near = slice(max(0, first - 1), behind + 1)
    times, values, last = times[near], values[near], times[-1]
    until = np.minimum(np.append(times[1:], np.iinfo(np.int64).max), times + hold)
    weights = np.clip(until, start, end) - np.clip(times, start, end)
    if weights.sum() == 0 or not (has_rows or end <= last):
        return None
    area = (weights * values).sum()
    return {'twa': area / weights.sum(), 'integral': area / 1e6}


given = json.load(sys.stdin)
table = np.genfromtxt(given['path'], delimiter=',', skip_header=1, dtype=None, encoding='utf8')
times = np.array([row[0] for row in table], dtype='datetime64[us]').astype(np.int64)
values = np.array([row[1] for row in table], dtype=np.float64)
order = np.argsort(times, kind='stable')
times, values = times[order], values[order]
answer = {}
for name, window in given['windows'].items():
    rows = [(start, outcome(times, values, start, end, window.get('hold'))) for start, end in bounds(times, **window)]
    answer[name] = [[start, {k: float(v) for k, v in fields.items()}] for start, fields in rows if fields]
json.dump(answer, sys.stdout)
