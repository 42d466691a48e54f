"""Values of LCM's types by Python's struct module and the "LCM Type Specification Language", without code of Groupcast or LCM.

Prints a line for each case: its name, its fingerprint and its bytes in hexadecimal. With a case and bytes as arguments, prints the value that
they have, as JSON.
"""

import json
import struct
import sys

MASK = (1 << 64) - 1


def signed(value):
    value &= MASK
    return value - (1 << 64) if value >> 63 else value


def with_byte(value, byte):
    return signed(((value << 8) ^ (value >> 55)) + byte)


def with_text(value, text):
    value = with_byte(value, len(text))
    for character in text.encode():
        value = with_byte(value, character)
    return value


def base(members):
    value = 0x12345678
    for name, kind, dimensions in members:
        value = with_text(value, name)
        if isinstance(kind, str):
            value = with_text(value, kind)
        value = with_byte(value, len(dimensions))
        for dimension in dimensions:
            value = with_byte(value, 0 if isinstance(dimension, int) else 1)
            value = with_text(value, str(dimension))
    return value


def fingerprint(members):
    value = base(members)
    for _, kind, _ in members:
        if not isinstance(kind, str):
            value += fingerprint(kind)
    value &= MASK
    return ((value << 1) & MASK) + (value >> 63)


FORMATS = {"int8_t": ">b", "int16_t": ">h", "int32_t": ">i", "int64_t": ">q", "byte": ">B", "boolean": ">?", "float": ">f", "double": ">d"}


def write(kind, dimensions, value, lengths):
    if dimensions:
        length = dimensions[0] if isinstance(dimensions[0], int) else lengths[dimensions[0]]
        assert len(value) == length
        return b"".join(write(kind, dimensions[1:], element, lengths) for element in value)
    if not isinstance(kind, str):
        return b"".join(write(inner, inner_dimensions, value[name], value) for name, inner, inner_dimensions in kind)
    if kind == "string":
        text = value.encode() + b"\0"
        return struct.pack(">i", len(text)) + text
    return struct.pack(FORMATS[kind], value)


def read(kind, dimensions, data, lengths):
    if dimensions:
        length = dimensions[0] if isinstance(dimensions[0], int) else lengths[dimensions[0]]
        elements = []
        for _ in range(length):
            element, data = read(kind, dimensions[1:], data, lengths)
            elements.append(element)
        return elements, data
    if not isinstance(kind, str):
        value = {}
        for name, inner, inner_dimensions in kind:
            value[name], data = read(inner, inner_dimensions, data, value)
        return value, data
    if kind == "string":
        (length,) = struct.unpack_from(">i", data)
        return data[4 : 3 + length].decode(), data[4 + length :]
    size = struct.calcsize(FORMATS[kind])
    return struct.unpack_from(FORMATS[kind], data)[0], data[size:]


EXAMPLE = [
    ("timestamp", "int64_t", []),
    ("position", "double", [3]),
    ("orientation", "double", [4]),
    ("num_ranges", "int32_t", []),
    ("ranges", "int16_t", ["num_ranges"]),
    ("name", "string", []),
    ("enabled", "boolean", []),
]
METADATA = [("key", "string", []), ("n", "int32_t", []), ("value", "byte", ["n"])]
IMAGE = [
    ("utime", "int64_t", []),
    ("width", "int32_t", []),
    ("height", "int32_t", []),
    ("row_stride", "int32_t", []),
    ("pixelformat", "int32_t", []),
    ("size", "int32_t", []),
    ("data", "byte", ["size"]),
    ("nmetadata", "int32_t", []),
    ("metadata", METADATA, ["nmetadata"]),
]
GRID = [
    ("rows", "int8_t", []),
    ("columns", "int64_t", []),
    ("cells", "float", ["rows", "columns"]),
    ("planes", "byte", [2, "rows"]),
    ("flags", "boolean", [3, 1]),
    ("corner", METADATA, []),
]

CASES = {
    "example_t": (
        EXAMPLE,
        {
            "timestamp": -(2**63),
            "position": [1.0, 2.5, -3.0],
            "orientation": [1.0, 0.0, 0.0, 1e-300],
            "num_ranges": 3,
            "ranges": [-32768, 0, 32767],
            "name": "Grüße €",
            "enabled": True,
        },
    ),
    "image_t": (
        IMAGE,
        {
            "utime": 1_700_000_000_000_000,
            "width": 2,
            "height": 1,
            "row_stride": 2,
            "pixelformat": -1,
            "size": 2,
            "data": [0, 255],
            "nmetadata": 2,
            "metadata": [{"key": "", "n": 0, "value": []}, {"key": "lens", "n": 1, "value": [7]}],
        },
    ),
    "grid_t": (
        GRID,
        {
            "rows": 2,
            "columns": 3,
            "cells": [[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]],
            "planes": [[1, 2], [3, 4]],
            "flags": [[True], [False], [True]],
            "corner": {"key": "x", "n": 2, "value": [8, 9]},
        },
    ),
}


def main():
    if len(sys.argv) > 2:
        members, _ = CASES[sys.argv[1]]
        data = bytes.fromhex(sys.argv[2])
        assert data[:8] == struct.pack(">Q", fingerprint(members))
        value, rest = read(members, [], data[8:], {})
        assert rest == b""
        print(json.dumps(value))
        return
    for name, (members, value) in CASES.items():
        encoded = struct.pack(">Q", fingerprint(members)) + write(members, [], value, {})
        print(name, "%016x" % fingerprint(members), encoded.hex())


main()
