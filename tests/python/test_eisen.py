"""An archive of the kind that Eisen-Deploy packs: a whole pickled model, transforms pickled by value, arrays in msgpack."""

import json
import os
import subprocess
import sys
import unittest

import msgpack
import numpy as np

from archives import Archive
from worker import READY, Worker

# Runs as a program, so that dill has to keep the classes themselves.
_PACKER = """
    import sys
    import dill, torch
    sys.path.insert(0, ".")
    from net import Net

    class Halve:
        def __call__(self, fields):
            return {**fields, "image": fields["image"] * 0.5}

    class Note:
        def __call__(self, fields):
            return {"logits": fields["logits"], "note": "done"}

    torch.manual_seed(0)
    torch.save(Net(), "model.pt")
    for name, transform in (("pre", Halve()), ("post", Note())):
        with open(name + ".pkl", "wb") as file:
            dill.dump(transform, file)
"""

_NET = """
    import torch
    class Net(torch.nn.Conv3d):
        def __init__(self):
            super().__init__(1, 2, 3, padding=1)
"""

_HANDLER = """
    import json, os
    import dill, msgpack, numpy, torch

    METADATA = {"inputs": [{"name": "image", "type": "ndarray"}]}

    def decode(value):
        if "__ndarray__" in value:
            return numpy.frombuffer(value["data"], value["type"]).reshape(value["shape"])
        return value

    def encode(value):
        return {"__ndarray__": True, "data": value.tobytes(), "shape": value.shape, "type": str(value.dtype)}

    class Loaded:
        model = None

    def load(folder):
        Loaded.model = torch.load(os.path.join(folder, "model.pt"))
        with open(os.path.join(folder, "pre.pkl"), "rb") as before, open(os.path.join(folder, "post.pkl"), "rb") as after:
            Loaded.before, Loaded.after = dill.load(before), dill.load(after)

    def handle(data, context):
        if Loaded.model is None:
            load(context.system_properties.get("model_dir"))
        if data is None or len(data[0].get("body")) == 0:
            return [json.dumps(METADATA)]
        fields = Loaded.before(msgpack.unpackb(data[0]["body"], object_hook=decode, raw=False))
        with torch.no_grad():
            fields["logits"] = Loaded.model(torch.tensor(fields["image"])).numpy()
        return [msgpack.packb(Loaded.after(fields), default=encode)]
"""


class EisenTests(unittest.TestCase):
    def test_archive_answers_with_arrays_and_with_its_metadata(self) -> None:
        image = np.random.default_rng(0).random((1, 1, 32, 32, 32), dtype=np.float32)
        packed = {"__ndarray__": True, "data": image.tobytes(), "shape": image.shape, "type": "float32"}
        with Archive({"handlers.py": _HANDLER, "net.py": _NET, "pack.py": _PACKER}) as archive:
            subprocess.run([sys.executable, "pack.py"], cwd=archive.path, check=True)
            os.remove(os.path.join(archive.path, "pack.py"))
            with Worker(archive.path) as worker:
                self.assertEqual(READY, worker.load("eisen", archive.path, "handlers.py").kind, worker.log())
                (described,), _ = worker.ask({"parts": [("body", None, b"")]})
                (answer,), _ = worker.ask({"parts": [("body", None, msgpack.packb({"image": packed}))]})
        self.assertEqual({"inputs": [{"name": "image", "type": "ndarray"}]}, json.loads(described["content"]))
        got = msgpack.unpackb(answer["content"])
        self.assertEqual(("done", [1, 2, 32, 32, 32], "float32"), (got["note"], got["logits"]["shape"], got["logits"]["type"]))
        self.assertTrue(np.isfinite(np.frombuffer(got["logits"]["data"], np.float32)).all())


if __name__ == "__main__":
    unittest.main()
