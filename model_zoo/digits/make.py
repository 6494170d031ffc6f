#!/usr/bin/python3
"""Trains a small network on scikit-learn's handwritten digits and packs it as an archive that a server can load.

    python3 model_zoo/digits/make.py

Writes, next to this script: ../digits.mar (the archive), samples/*.png (twenty pictures to try it with; <i>.png shows
the digit i modulo 10) and heldout.json (what Python answers for every picture that training did not see).
A rerun on the same torch gives the same bytes. Needs Debian's python3-torch, python3-sklearn and python3-pil; takes
a few seconds on one core.
"""
import io
import json
import pathlib
import shutil
import sys
import zipfile

import numpy
import torch
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from archive import manifest, run_reproducibly, to_torchscript, write_archive  # noqa: E402

ARCHIVE = HERE.parent / "digits.mar"
MEAN, STD = 0.5, 0.5  # as in model-config.yaml
HELD_OUT = 297
LEAST_ACCURACY = 0.97
EPOCHS = 40
BATCH = 50


class DigitNet(nn.Module):
    """Grey pictures, float32 [N, 1, 8, 8], normalised; gives logits, float32 [N, 10]."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.classes = nn.Sequential(nn.Flatten(), nn.Dropout(0.3), nn.Linear(64 * 2 * 2, 10))

    def forward(self, x):
        return self.classes(self.features(x))


def load_pictures():
    """Pictures as a PNG holds them, uint8 [count, 8, 8], then digits; of each first those to train on, then the held-out."""
    data = load_digits()
    pixels = numpy.round(data.images / 16 * 255).astype(numpy.uint8)
    return train_test_split(pixels, data.target, test_size=HELD_OUT, stratify=data.target, random_state=0)


def to_input(pixels):
    """What the server computes from a PNG: uint8 [N, 8, 8] to float32 [N, 1, 8, 8]."""
    return ((torch.from_numpy(pixels).to(torch.float32) / 255 - MEAN) / STD).unsqueeze(1)


def train(pixels, digits):
    torch.manual_seed(0)
    net, x, y = DigitNet(), to_input(pixels), torch.from_numpy(digits)
    batches_an_epoch = -(-len(x) // BATCH)
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.005, epochs=EPOCHS, steps_per_epoch=batches_an_epoch)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
            schedule.step()
    return net.eval()


def read_module():
    with zipfile.ZipFile(ARCHIVE) as archive:
        return torch.jit.load(io.BytesIO(archive.read("digits.pt"))).eval()


def predict(module, pixels):
    """Softmax scores, float32 [count, 10], of each picture alone."""
    with torch.inference_mode():
        return numpy.stack([torch.softmax(module(to_input(one[None])), dim=1)[0].numpy() for one in pixels])


def write_samples(pixels, digits, predicted):
    folder = HERE / "samples"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for i in range(20):
        right = numpy.flatnonzero((digits == i % 10) & (predicted == digits))
        Image.fromarray(pixels[right[i // 10]], mode="L").save(folder / f"{i}.png")


def write_held_out(pixels, digits, predicted, scores, accuracy):
    lines = [json.dumps({"pixels": picture.ravel().tolist(), "label": int(digit), "predicted": int(guess),
                         "scores": [float(str(score)) for score in row]},  # str: the shortest digits of a float32
                        separators=(",", ":"))
             for picture, digit, guess, row in zip(pixels, digits, predicted, scores)]
    head = json.dumps({"mean": [MEAN], "std": [STD], "accuracy": round(accuracy, 6)})
    (HERE / "heldout.json").write_text(f'{head[:-1]}, "images": [\n' + ",\n".join(lines) + "\n]}\n")


def main():
    train_pixels, pixels, train_digits, digits = load_pictures()
    write_archive(ARCHIVE, {
        "digits.pt": to_torchscript(train(train_pixels, train_digits)),
        "model-config.yaml": (HERE / "model-config.yaml").read_bytes(),
        "MAR-INF/MANIFEST.json": manifest("digits", "digits.pt", "image_classifier", configFile="model-config.yaml"),
    })
    scores = predict(read_module(), pixels)
    predicted = scores.argmax(axis=1)
    accuracy = float((predicted == digits).mean())
    print(f"{accuracy:.2%} of {len(digits)} held-out pictures are right; {ARCHIVE.name} has {ARCHIVE.stat().st_size} bytes")
    if accuracy < LEAST_ACCURACY:
        sys.exit(f"At least {LEAST_ACCURACY:.0%} must be right.")
    write_samples(pixels, digits, predicted)
    write_held_out(pixels, digits, predicted, scores, accuracy)


if __name__ == "__main__":
    run_reproducibly(main)
