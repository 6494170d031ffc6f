"""Tells what a model takes, and what it answers to the tables in a JSON file.

    /usr/bin/python3 samples/python/ask.py http://127.0.0.1:8080/predictions/tabular-risk model_zoo/tabular-risk/sample.json

Needs requests, msgpack and numpy (Debian: python3-requests python3-msgpack python3-numpy).
"""
import json
import pathlib
import sys

import msgpack
import numpy
import requests


def pack(value):
    """An array as msgpack carries it."""
    return {"__ndarray__": True, "data": value.tobytes(), "shape": value.shape, "type": str(value.dtype)}


def unpack(fields):
    """The array of such a map."""
    return numpy.frombuffer(fields["data"], fields["type"]).reshape(fields["shape"]) if "__ndarray__" in fields else fields


address, file = sys.argv[1:]
for field in requests.post(address, timeout=60).json()["inputs"]:
    print(f"takes {field['name']}: {field['type']} {field['shape']}")

tables = json.loads(pathlib.Path(file).read_text())
inputs = {name: numpy.array(rows, numpy.float32) for name, rows in tables.items()}
response = requests.post(address, data=msgpack.packb(inputs, default=pack), headers={"Content-Type": "application/msgpack"}, timeout=60)
if not response.ok:
    sys.exit(response.text)

for name, value in msgpack.unpackb(response.content, object_hook=unpack).items():
    print(f"{name}: {value.tolist() if isinstance(value, numpy.ndarray) else value}")
