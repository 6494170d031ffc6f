#!/usr/bin/python3
"""Trains a small 3-D U-Net that finds blobs in volumes, and packs it with its pre- and post-processing for the eisen handler.

    python3 model_zoo/volume-segmenter/make.py

The volumes are made up: one to four bright ellipsoids, to be found, in a background that comes and goes slowly, with noise,
and with thin tubes as bright as they are, to be left alone. Writes, next to this script: ../volume-segmenter.mar (the
archive), samples/ (volumes that training did not see, as NIfTI: <i>.nii.gz, the truth <i>-truth.nii.gz, and a picture
<i>.png of a slice, its truth and the model's answer) and heldout.json (the Dice of each held-out volume). Needs Debian's python3-torch,
python3-nibabel and python3-pil; takes about five minutes on one core.
"""
import io
import json
import pathlib
import shutil
import sys
import zipfile

import nibabel
import numpy
import torch
from PIL import Image
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from archive import manifest, run_reproducibly, to_torchscript, write_archive  # noqa: E402

ARCHIVE = HERE.parent / "volume-segmenter.mar"
SIDE = 48  # voxels
SPACING = (1.5, 1.5, 2.0)  # mm
MEAN, STD = 300.0, 100.0  # as in pre_process.json
STEPS, BATCH = 300, 2
HELD_OUT, SAMPLES = 20, 3
LEAST_DICE = 0.9


def convolutions(before, after):
    return nn.Sequential(
        nn.Conv3d(before, after, 3, padding=1, bias=False), nn.GroupNorm(4, after), nn.ReLU(),
        nn.Conv3d(after, after, 3, padding=1, bias=False), nn.GroupNorm(4, after), nn.ReLU())


class BlobNet(nn.Module):
    """Normalised volumes, float32 [N, 1, X, Y, Z] of any sizes; gives the probability of each voxel to lie in a blob, of the
    same shape. Two poolings need sizes that 4 divides: others are padded, and the padding is cut off again."""

    def __init__(self, width: int = 8):
        super().__init__()
        self.fine, self.middle, self.coarse = convolutions(1, width), convolutions(width, 2 * width), convolutions(2 * width, 4 * width)
        self.to_middle, self.to_fine = nn.ConvTranspose3d(4 * width, 2 * width, 2, stride=2), nn.ConvTranspose3d(2 * width, width, 2, stride=2)
        self.merge_middle, self.merge_fine = convolutions(4 * width, 2 * width), convolutions(2 * width, width)
        self.pool, self.score = nn.MaxPool3d(2), nn.Conv3d(width, 1, 1)

    def forward(self, image):
        x, y, z = image.shape[2:]
        fine = self.fine(nn.functional.pad(image, [0, -z % 4, 0, -y % 4, 0, -x % 4]))
        middle = self.middle(self.pool(fine))
        middle = self.merge_middle(torch.cat([self.to_middle(self.coarse(self.pool(middle))), middle], dim=1))
        fine = self.merge_fine(torch.cat([self.to_fine(middle), fine], dim=1))
        return torch.sigmoid(self.score(fine))[:, :, :x, :y, :z]


def make_volume(random):
    """A volume as a scanner would store it, int16 [SIDE, SIDE, SIDE], and where its blobs are, bool of the same shape."""
    places = numpy.indices((SIDE,) * 3).astype(numpy.float32)
    image = numpy.full((SIDE,) * 3, MEAN, dtype=numpy.float32)
    for _ in range(3):
        wave = random.normal(size=3) * 2.4 * numpy.pi / SIDE
        image += random.uniform(10, 35) * numpy.sin(numpy.tensordot(wave, places, 1) + random.uniform(0, 2 * numpy.pi))
    for _ in range(random.integers(1, 4)):
        direction = random.normal(size=3)
        away = places - random.uniform(0, SIDE, 3)[:, None, None, None]
        along = numpy.tensordot(direction / numpy.linalg.norm(direction), away, 1)
        image[(away ** 2).sum(axis=0) - along ** 2 < 1.2 ** 2] += random.uniform(150, 300)
    blobs = numpy.zeros((SIDE,) * 3, dtype=bool)
    for _ in range(random.integers(1, 5)):
        turn, _ = numpy.linalg.qr(random.normal(size=(3, 3)))
        away = places - random.uniform(8, SIDE - 8, 3)[:, None, None, None]
        blobs |= ((numpy.tensordot(turn, away, 1) / random.uniform(4, 9, 3)[:, None, None, None]) ** 2).sum(axis=0) < 1
    image[blobs] += random.uniform(120, 260)
    return numpy.round(image + random.normal(0, 40, image.shape)).astype(numpy.int16), blobs


def to_input(images):
    """What pre_process.json makes of volumes: float32 [N, 1, SIDE, SIDE, SIDE]."""
    return ((torch.from_numpy(numpy.stack(images)).to(torch.float32) - MEAN) / STD).unsqueeze(1)


def dice(answer, truth):
    return float(2 * (answer & truth).sum() / (answer.sum() + truth.sum()))


def train():
    torch.manual_seed(0)
    random = numpy.random.default_rng(0)
    net = BlobNet()
    optimizer = torch.optim.AdamW(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=STEPS)
    for step in range(STEPS):
        images, blobs = zip(*[make_volume(random) for _ in range(BATCH)])
        truth = torch.from_numpy(numpy.stack(blobs)).to(torch.float32).unsqueeze(1)
        answer = net(to_input(images))
        overlap = (2 * (answer * truth).sum() + 1) / (answer.sum() + truth.sum() + 1)
        loss = nn.functional.binary_cross_entropy(answer, truth) + 1 - overlap
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if (step + 1) % 50 == 0:
            print(f"step {step + 1} of {STEPS}, loss {loss.item():.3f}", flush=True)
    return net.eval()


def write_sample(folder, name, image, truth, answer):
    affine = numpy.diag([*SPACING, 1.0])
    affine[:3, 3] = -36, -30, 12
    for suffix, values in (("", image), ("-truth", truth.astype(numpy.uint8))):
        volume = nibabel.Nifti1Image(values, affine)
        volume.set_sform(affine, code=1)
        volume.set_qform(affine, code=1)
        volume.header.set_xyzt_units("mm")
        # gzip's header would hold the time.
        content = io.BytesIO()
        with nibabel.openers.DeterministicGzipFile("", "wb", 9, content, mtime=0) as packed:
            packed.write(volume.to_bytes())
        (folder / f"{name}{suffix}.nii.gz").write_bytes(content.getvalue())

    middle = int(truth.sum(axis=(0, 1)).argmax())  # the slice that shows most
    grey = numpy.clip((image[:, :, middle] - 100) / 600 * 255, 0, 255).astype(numpy.uint8)
    tiles = [numpy.repeat(grey[..., None], 3, axis=2)]
    for mask, colour in ((truth, (60, 200, 90)), (answer, (240, 150, 40))):
        tile = tiles[0].copy()
        tile[mask[:, :, middle]] = tile[mask[:, :, middle]] // 2 + numpy.array(colour, dtype=numpy.uint8) // 2
        tiles.append(tile)
    # An image's x is a picture's column, and its y goes up.
    picture = numpy.concatenate([numpy.flip(tile.swapaxes(0, 1), axis=0) for tile in tiles], axis=1)
    Image.fromarray(picture).resize((3 * SIDE * 6, SIDE * 6), Image.NEAREST).save(folder / f"{name}.png")


def main():
    write_archive(ARCHIVE, {
        "model.pt": to_torchscript(train()),
        "metadata.json": (HERE / "metadata.json").read_bytes(),
        "pre_process.json": (HERE / "pre_process.json").read_bytes(),
        "post_process.json": (HERE / "post_process.json").read_bytes(),
        "MAR-INF/MANIFEST.json": manifest("volume-segmenter", "model.pt", "eisen"),
    })
    with zipfile.ZipFile(ARCHIVE) as archive:
        net = torch.jit.load(io.BytesIO(archive.read("model.pt")))

    folder = HERE / "samples"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    random = numpy.random.default_rng(1)
    scores = []
    for i in range(HELD_OUT):
        image, truth = make_volume(random)
        with torch.inference_mode():
            answer = net(to_input([image]))[0, 0].numpy() > 0.5
        scores.append(dice(answer, truth))
        if i < SAMPLES:
            write_sample(folder, str(i), image, truth, answer)
    (HERE / "heldout.json").write_text(json.dumps({"dice": [round(score, 6) for score in scores]}) + "\n")
    mean = sum(scores) / len(scores)
    print(f"Dice {mean:.3f} on {HELD_OUT} held-out volumes, {min(scores):.3f} at the least; {ARCHIVE.name} has {ARCHIVE.stat().st_size} bytes")
    if mean < LEAST_DICE:
        sys.exit(f"At least {LEAST_DICE} is needed.")


if __name__ == "__main__":
    run_reproducibly(main)
