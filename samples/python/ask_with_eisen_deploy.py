"""Tells what a model takes, and what it answers to the tables in a JSON file, with the original Eisen's client.

    /usr/bin/python3 samples/python/ask_with_eisen_deploy.py http://127.0.0.1:8080/predictions/tabular-risk model_zoo/tabular-risk/sample.json

Needs the package eisen-deploy, and with it numpy below 2 and requests; the server needs nothing to be set for it.
"""
import json
import pathlib
import sys

import numpy
from eisen_deploy.client import EisenServingClient

address, file = sys.argv[1:]
client = EisenServingClient(url=address, validate_inputs=True)
for field in client.get_metadata()["inputs"]:
    print(f"takes {field['name']}: {field['type']} {field['shape']}")

tables = json.loads(pathlib.Path(file).read_text())
outputs = client.predict({name: numpy.array(rows, numpy.float32) for name, rows in tables.items()})
for name, value in outputs.items():
    print(f"{name}: {value.tolist() if isinstance(value, numpy.ndarray) else value}")
