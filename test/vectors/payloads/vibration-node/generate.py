"""Writes payloads.ndjson and expected.json: frames packed by Python's struct, with a CRC computed bit by bit."""
import datetime, json, pathlib, struct

here = pathlib.Path(__file__).parent


def crc(data):  # CRC-16/IBM-3740
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = ((value << 1) ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return struct.pack(">H", value)


def frame(serial, flags, t0, fs, temp, rows):
    body = serial.to_bytes(3, "little") + struct.pack("<BQHb", flags, t0, fs, temp)
    return body + b"".join(struct.pack("<3h", *row) for row in rows)


def when(us):  # whole milliseconds, as expected.json has them
    return datetime.datetime.fromtimestamp(us // 1000 / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


T0 = 1700000000000000
frames = [
    (123456, 0b0101, T0, 500, -4, [(0, -2048, 2048), (1, 2, 3), (-32768, 32767, 0), (5, 5, 5)]),
    (16777215, 0b1110, T0 + 8000, 1000, 0, [(100, 200, 300)]),
    (1, 0, T0, 500, 0, []),
]
payloads, expected = [], []
for serial, flags, t0, fs, temp, rows in frames:
    body = frame(serial, flags, t0, fs, temp, rows)
    payloads.append({"topic": "press/vib", "hex": (body + crc(body)).hex()})
    samples = [["clipped", flags & 1, when(t0)], ["range", flags >> 1 & 7, when(t0)], ["temp", temp + 25, when(t0)]]
    for axis, name in enumerate("xyz"):
        samples += [[name, row[axis] / 2048, when(t0 + i * 1000000 // fs)] for i, row in enumerate(rows)]
    expected.append({"tags": {"device": "press"}, "samples": samples, "counts": {"decoded": 1, "samplesDecoded": len(samples)}})
body = frame(*frames[0])
for bad in (body + crc(body)[::-1], body + crc(body) + b"\0", (body + crc(body))[:-7], b"\xff" + body[1:] + crc(body)):
    payloads.append({"topic": "press/vib", "hex": bad.hex()})
    expected.append({"tags": {"device": "press"}, "samples": [], "counts": {"undecodable": 1}})
(here / "payloads.ndjson").write_text("".join(json.dumps(one, separators=(",", ":")) + "\n" for one in payloads))
lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in expected)
(here / "expected.json").write_text(f"[\n{lines}\n]\n")
