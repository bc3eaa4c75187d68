"""Writes frames.json: golden frames of the bridge, good and bad, from PROTOCOL.md alone. Run: python3 generate.py"""
import json
import pathlib
import struct
import zlib


def cobs(data):
    out, run, full = bytearray(), bytearray(), False
    for byte in data:
        full = False
        if byte == 0:
            out += bytes([len(run) + 1]) + run
            run = bytearray()
            continue
        run.append(byte)
        if len(run) == 254:
            out += b"\xff" + run
            run, full = bytearray(), True
    return bytes(out) if full else bytes(out + bytes([len(run) + 1]) + run)


def frame(message, crc=None):
    check = zlib.crc32(message) if crc is None else crc
    return cobs(message + struct.pack("<I", check)) + b"\x00"


def text(value):
    encoded = value if isinstance(value, bytes) else value.encode()
    return bytes([len(encoded)]) + encoded


SIZES = {1: "B", 2: "b", 3: "H", 4: "h", 5: "I", 6: "i", 7: "f"}


def descriptor(d, version=1, kind=1, tail=b""):
    message = struct.pack("<BBHII", version << 4 | kind, d["stream"], d["boot"], d["tickRateHz"], d["periodTicks"])
    message += text(d["name"]) + bytes([len(d["fields"])])
    for f in d["fields"]:
        message += struct.pack("<BiiI", f["type"], f["offset"], f["multiplier"], f["divisor"])
        message += text(f["name"]) + text(f["unit"])
    return message + tail


def data(d, sequence, ticks, rows, version=1, kind=2):
    message = struct.pack("<BBHHI", version << 4 | kind, d["stream"], zlib.crc32(descriptor(d)) & 0xFFFF, sequence, ticks)
    codes = "<" + "".join(SIZES[f["type"]] for f in d["fields"])
    return message + b"".join(struct.pack(codes, *row) for row in rows)


def field(name, unit, kind, offset=0, multiplier=1, divisor=1):
    return {"type": kind, "offset": offset, "multiplier": multiplier, "divisor": divisor, "name": name, "unit": unit}


thermometer = {"stream": 2, "boot": 0, "tickRateHz": 1000, "periodTicks": 0, "name": "temperature",
               "fields": [field("temp", "°C", 3, -27315, 1, 100)]}
vibration = {"stream": 1, "boot": 7, "tickRateHz": 1000000, "periodTicks": 100, "name": "vibration",
             "fields": [field(f"acc_{axis}", "g", 4, 0, 1, 2048) for axis in "xyz"]}
every = {"stream": 255, "boot": 65535, "tickRateHz": 4294967295, "periodTicks": 4294967295, "name": "n" * 32,
         "fields": [field("a", "", 1), field("b", "m/s²", 2, -1, -1, 3), field("c", "u" * 16, 3), field("d", "", 4),
                    field("e", "", 5, 2147483647, 2147483647, 4294967295), field("f" * 32, "", 6, -2147483648, -2147483648),
                    field("g", "", 7)]}
sixteen = {"stream": 0, "boot": 1, "tickRateHz": 1, "periodTicks": 1, "name": "x",
           "fields": [field(chr(97 + i), "", 1) for i in range(16)]}

good = []
for name, d, sends in [
    ("a thermometer", thermometer, [(0, 0, [[29465]]), (65535, 4294967295, [[0]])]),
    ("vibration in arrays", vibration, [(0, 0, [[0, -1, 2048], [1, -2, 2049], [32767, -32768, 0]]),
                                        (258, 66051, [[i, -i, 2048] for i in range(100)])]),
    ("every type at its ends", every, [(1, 2, [[0, -128, 0, -32768, 0, -2147483648, -0.5],
                                               [255, 127, 65535, 32767, 4294967295, 2147483647, 1.5]])]),
    ("sixteen fields, and a run of 254 bytes and more", sixteen,
     [(257, 16843009, [[1 + (i + r) % 255 for i in range(16)] for r in range(40)])]),
]:
    good.append({
        "name": name,
        "descriptor": d | {"description": zlib.crc32(descriptor(d)) & 0xFFFF},
        "descriptorFrame": frame(descriptor(d)).hex(),
        "data": [{"sequence": s, "ticks": t, "rows": rows, "frame": frame(data(d, s, t, rows)).hex()} for s, t, rows in sends],
    })


def changed(**changes):
    return descriptor(thermometer | changes)


def changed_field(**changes):
    return changed(fields=[thermometer["fields"][0] | changes])


bad = [
    ("another version", "version", descriptor(thermometer, version=2)),
    ("version 0", "version", b"\x01\x02\x03\x04"),
    ("a type to come", "type", descriptor(thermometer, kind=3)),
    ("one byte", "malformed", b"\x11"),
    ("data without rows", "malformed", data(thermometer, 0, 0, [])),
    ("data cut in its head", "malformed", data(thermometer, 0, 0, [[1]])[:9]),
    ("a descriptor cut in its head", "malformed", descriptor(thermometer)[:11]),
    ("a descriptor cut in a field", "malformed", descriptor(thermometer)[:-1]),
    ("bytes behind the last field", "malformed", descriptor(thermometer, tail=b"\x00")),
    ("no ticks a second", "malformed", changed(tickRateHz=0)),
    ("no name", "malformed", changed(name="")),
    ("a name too long", "malformed", changed(name="n" * 33)),
    ("a name that is no UTF-8", "malformed", changed(name=b"\xff")),
    ("a name with a line break", "malformed", changed(name="a\nb")),
    ("no fields", "malformed", changed(fields=[])),
    ("seventeen fields", "malformed", changed(fields=[field(chr(97 + i), "", 1) for i in range(17)])),
    ("two fields of one name", "malformed", changed(fields=[field("a", "", 1), field("a", "", 2)])),
    ("a type that is none", "malformed", changed_field(type=8)),
    ("type 0", "malformed", changed_field(type=0)),
    ("a multiplier of 0", "malformed", changed_field(multiplier=0)),
    ("a divisor of 0", "malformed", changed_field(divisor=0)),
    ("a field without a name", "malformed", changed_field(name="")),
    ("a unit too long", "malformed", changed_field(unit="u" * 17)),
]
out = pathlib.Path(__file__).parent / "frames.json"
out.write_text(json.dumps({
    "good": good,
    "bad": [{"name": name, "reason": reason, "frame": frame(message).hex()} for name, reason, message in bad],
    "badFrames": [
        {"name": "a wrong check", "why": "crc", "frame": frame(descriptor(thermometer), 0).hex()},
        {"name": "a code that points past the end", "why": "malformed", "frame": "ff1100"},
        {"name": "too short for a check", "why": "malformed", "frame": "0311" + "22" + "00"},
        {"name": "longer than a message may be", "why": "long", "frame": frame(b"\x12" + b"\x01" * 4200).hex()},
    ],
}, ensure_ascii=False, indent=1) + "\n")
