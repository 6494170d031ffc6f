#!/usr/bin/python3
"""Writes what the benchmarks serve: archives, their modules for the bare loops, request bodies, and Python's answers.

    python3 benchmarks/make_models.py OUT

Does nothing when OUT was made by the same scripts. Needs Debian's python3-torch, python3-torchvision and python3-pil.
"""
import hashlib
import io
import json
import pathlib
import sys
import zipfile

import torch
from torch import nn

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = REPOSITORY / "tests" / "fixtures"
sys.path.insert(0, str(FIXTURES))
import make_resnet  # noqa: E402

SEQUENCE, WIDTH = 128, 256
VARIANTS = [(1, 1), (1, 8), (2, 1), (2, 8)]  # workers, batch size
PICTURE = (640, 480)
CLEAR = 0.05  # how far the best class must be ahead of the second: whatever rounding does, it stays the best


class Identity(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def save(module):
    content = io.BytesIO()
    torch.jit.save(module, content)
    return content.getvalue()


def pack(path, module, handler, workers=1, batch=1, parameters="", files=None):
    manifest = {
        "createdOn": "22/11/2026 12:00:00",
        "runtime": "python",
        "model": {
            "modelName": path.stem,
            "serializedFile": "model.pt",
            "handler": handler,
            "modelVersion": "1.0",
            "configFile": "model-config.yaml",
        },
        "archiverVersion": "0.12.0",
    }
    config = f"minWorkers: {workers}\nmaxWorkers: {workers}\nbatchSize: {batch}\nmaxBatchDelay: 0\n{parameters}"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("model.pt", module)
        archive.writestr("model-config.yaml", config)
        for name, content in (files or {}).items():
            archive.writestr(name, content)
        archive.writestr("MAR-INF/MANIFEST.json", json.dumps(manifest, indent=2))


def largest_activation(model, example):
    """The bytes that one forward must hold beside the weights, at least: a layer's input and output, of the largest."""
    largest = 0

    def look(_, inputs, output):
        nonlocal largest
        largest = max(largest, sum(tensor.numel() * tensor.element_size() for tensor in (*inputs, output)))

    hooks = [layer.register_forward_hook(look) for layer in model.modules() if not list(layer.children())]
    with torch.inference_mode():
        model(example)
    for hook in hooks:
        hook.remove()
    return largest


def make_identity(out):
    module = save(torch.jit.script(Identity().eval()))
    pack(out / "identity.mar", module, "base_handler", parameters="handler:\n  input_shape: [4]\n")
    pack(out / "identity-tensor.mar", module, "tensor")


def make_picture(module):
    for seed in range(1000):
        picture = make_resnet.paint(*PICTURE, seed)
        encoded = io.BytesIO()
        picture.save(encoded, "JPEG", quality=90)
        classes, scores = make_resnet.likeliest(module, make_resnet.Image.open(encoded))
        if scores[0] - scores[1] >= CLEAR:
            return encoded.getvalue(), classes[0]
    sys.exit("None of 1000 pictures has a clear class.")


def make_resnet18(out):
    module = make_resnet.make_model()
    picture, best = make_picture(module)
    (out / "picture.jpg").write_bytes(picture)
    names = json.dumps({str(index): f"class_{index}" for index in range(make_resnet.CLASSES)})
    content = save(module)
    (out / "resnet18.pt").write_bytes(content)
    for workers, batch in [*VARIANTS, (4, 1)]:
        path = out / f"resnet18-{workers}x{batch}.mar"
        pack(path, content, "image_classifier", workers, batch, files={"index_to_name.json": names})
    plain = make_resnet.torchvision.models.resnet18(weights=None).eval()
    return {
        "best": best,
        "weightBytes": sum(weight.numel() * weight.element_size() for weight in module.parameters()),
        "activationBytes": largest_activation(plain, torch.zeros(1, 3, 224, 224)),
    }


def make_encoder(out):
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(WIDTH, nhead=8, dim_feedforward=4 * WIDTH, batch_first=True)
    model = nn.TransformerEncoder(layer, num_layers=2).eval().requires_grad_(False)
    example = torch.randn(1, SEQUENCE, WIDTH)
    with torch.inference_mode():
        module = torch.jit.trace(model, example)
        answer = module(example)
        several = module(torch.cat([torch.randn(7, SEQUENCE, WIDTH), example]))
    if not torch.allclose(several[-1:], answer, atol=1e-4):
        sys.exit("The traced encoder answers otherwise in a batch.")
    content = save(module)
    (out / "encoder.pt").write_bytes(content)
    (out / "encoder.input").write_bytes(example.numpy().tobytes())
    (out / "encoder.output").write_bytes(answer.numpy().tobytes())
    for workers, batch in VARIANTS:
        parameters = f"handler:\n  input_shape: [1, {SEQUENCE}, {WIDTH}]\n"
        pack(out / f"encoder-{workers}x{batch}.mar", content, "tensor", workers, batch, parameters)


def make_python_echo(out):
    handler = "def handle(data, context):\n    return None if data is None else [bytes(request['body']) for request in data]\n"
    for workers in (1, 2):
        manifest = {
            "createdOn": "22/11/2026 12:00:00",
            "runtime": "python",
            "model": {"modelName": f"echo-python-{workers}", "handler": "echo.py", "modelVersion": "1.0", "configFile": "model-config.yaml"},
            "archiverVersion": "0.12.0",
        }
        with zipfile.ZipFile(out / f"echo-python-{workers}.mar", "w") as archive:
            archive.writestr("echo.py", handler)
            archive.writestr("model-config.yaml", f"minWorkers: {workers}\nmaxWorkers: {workers}\n")
            archive.writestr("MAR-INF/MANIFEST.json", json.dumps(manifest, indent=2))


def main(out):
    scripts = [pathlib.Path(__file__), FIXTURES / "make_resnet.py"]
    made_from = hashlib.sha256(b"".join(script.read_bytes() for script in scripts)).hexdigest()
    stamp = out / "made-from"
    if stamp.exists() and stamp.read_text() == made_from:
        return
    out.mkdir(parents=True, exist_ok=True)
    print("Making the benchmarks' models", file=sys.stderr)
    make_identity(out)
    make_python_echo(out)
    make_encoder(out)
    (out / "resnet18.json").write_text(json.dumps(make_resnet18(out), indent=2))
    stamp.write_text(made_from)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
