#!/usr/bin/python3
"""Trains a logistic regression that tells malignant from benign breast masses, and packs it for the eisen handler.

    python3 model_zoo/tabular-risk/make.py

Writes, next to this script: ../tabular-risk.mar (the archive), sample.json (a request as JSON) and heldout.json (the rows
that training did not see, with what Python answers). Needs Debian's python3-torch and python3-sklearn; takes seconds.
"""
import io
import json
import pathlib
import sys
import zipfile

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from archive import manifest, run_reproducibly, to_torchscript, write_archive  # noqa: E402

ARCHIVE = HERE.parent / "tabular-risk.mar"
LEAST_ACCURACY = 0.95
MEANS, OTHERS = 10, 20  # the table's first 10 columns are means over the cells, then come standard errors and worst values


class RiskNet(nn.Module):
    """Means, float32 [N, 10], and spreads, float32 [N, 20], as they were measured; gives the risk that a mass is malignant,
    float32 [N, 1], and what each of the 30 measurements adds to its log-odds, float32 [N, 30]."""

    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.weight = nn.Parameter(torch.zeros(MEANS + OTHERS))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, means, spreads):
        contributions = (torch.cat([means, spreads], dim=1) - self.mean) / self.std * self.weight
        return torch.sigmoid(contributions.sum(dim=1, keepdim=True) + self.bias), contributions


def train(rows, malignant):
    net = RiskNet(rows.mean(dim=0), rows.std(dim=0))
    optimizer = torch.optim.LBFGS(net.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        risk, _ = net(rows[:, :MEANS], rows[:, MEANS:])
        value = nn.functional.binary_cross_entropy(risk[:, 0], malignant) + 0.01 * (net.weight ** 2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    return net.eval()


def metadata(names):
    def array(name, size):
        return {"name": name, "type": "ndarray", "shape": [-1, size]}

    return json.dumps({
        "inputs": [array("means", MEANS), array("spreads", OTHERS)],
        "outputs": [array("risk", 1), array("contributions", MEANS + OTHERS)],
        "model_input_list": ["means", "spreads"],
        "model_output_list": ["risk", "contributions"],
        "custom": {"measurements": names, "risk": "the probability that the mass is malignant"},
    }, indent=2).encode()


def main():
    data = load_breast_cancer()
    rows = torch.from_numpy(data.data).to(torch.float32)
    malignant = torch.from_numpy(1 - data.target).to(torch.float32)  # the data set calls malignant 0
    seen, held_out = (torch.tensor(part) for part in train_test_split(range(len(rows)), test_size=169, stratify=data.target, random_state=0))
    write_archive(ARCHIVE, {
        "model.pt": to_torchscript(train(rows[seen], malignant[seen])),
        "metadata.json": metadata(data.feature_names.tolist()),
        "MAR-INF/MANIFEST.json": manifest("tabular-risk", "model.pt", "eisen"),
    })

    with zipfile.ZipFile(ARCHIVE) as archive:
        net = torch.jit.load(io.BytesIO(archive.read("model.pt")))
    means, spreads = rows[held_out][:, :MEANS], rows[held_out][:, MEANS:]
    with torch.inference_mode():
        risk, contributions = net(means, spreads)
    right = ((risk[:, 0] > 0.5) == (malignant[held_out] > 0.5)).float().mean().item()
    print(f"{right:.2%} of {len(held_out)} held-out rows are right; {ARCHIVE.name} has {ARCHIVE.stat().st_size} bytes")
    if right < LEAST_ACCURACY:
        sys.exit(f"At least {LEAST_ACCURACY:.0%} must be right.")

    # The rows as Python's floats print: the server reads the same float32 again.
    (HERE / "sample.json").write_text(json.dumps({"means": means[:2].tolist(), "spreads": spreads[:2].tolist()}) + "\n")
    (HERE / "heldout.json").write_text(json.dumps({
        "accuracy": round(right, 6),
        "malignant": malignant[held_out].int().tolist(),
        "inputs": {"means": means.tolist(), "spreads": spreads.tolist()},
        "outputs": {"risk": risk.tolist(), "contributions": contributions.tolist()},
    }) + "\n")


if __name__ == "__main__":
    run_reproducibly(main)
