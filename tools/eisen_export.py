#!/usr/bin/env python3
"""Packs a PyTorch model and Eisen transforms that are Python objects into an archive for Eisen.Serve.

    eisen_export.py pack --model brain:net --pre-processing brain:before --post-processing brain:after \\
        --metadata metadata.json --model-name brain --version 1.0 --export-path store

MODULE:NAME is an object of a Python module, or a function without arguments that returns it. The model is scripted, or
with --trace FILE.npz (or .npy) traced with that file's arrays as its inputs. Transforms of Eisen's own become JSON; others must be
torch modules from Dict[str, Tensor] to the same, which are scripted.

    eisen_export.py convert brain.mar --export-path store [--trust]

converts an archive of Eisen-Deploy's whose transforms are Eisen's own; neither Eisen nor Eisen-Deploy need be installed. Its
model is a pickle, and LOADING A PICKLE RUNS WHATEVER CODE ITS AUTHOR PUT THERE: it is done with --trust only. The
transforms' pickles are read without running anything.

All other options go to `eisen-serve pack`, which EISEN_SERVE names, or is on the PATH, or lies in the folder above this
file. From Python: eisen_export.pack(model, before, after, metadata, ["--model-name", "brain", ...]).
"""
import argparse
import importlib
import json
import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import tempfile
import zipfile

import torch

# What Eisen's transforms are constructed with; their attributes have the same names.
PARAMETERS = {
    "AddChannelDimension": ["fields"],
    "CreateConstantFlags": ["fields", "values"],
    "CropCenteredSubVolumes": ["fields", "size"],
    "FilterFields": ["fields"],
    "FixedMeanStdNormalization": ["fields", "mean", "std"],
    "ITKToNumpy": ["fields", "multichannel"],
    "LabelMapToOneHot": ["fields", "classes"],
    "MapValues": ["fields", "min_value", "max_value", "channelwise"],
    "NiftiToNumpy": ["fields", "multichannel"],
    "NumpyToNifti": ["fields", "affine", "data_types"],
    "PilToNumpy": ["fields", "multichannel"],
    "RenameFields": ["fields", "new_fields"],
    "RepeatTensor": ["fields", "reps"],
    "ResampleITKVolumes": ["fields", "resolution", "interpolation"],
    "ResampleNiftiVolumes": ["fields", "resolution", "interpolation"],
    "StackImagesChannelwise": ["fields", "dst_field", "create_new_dim"],
    "ThresholdValues": ["fields", "threshold", "direction"],
}
# These only print, and their output would be lost.
PRINTING = {"GetContent", "GetShape"}
NUMPY_REBUILDS = {"_reconstruct", "scalar", "ndarray", "dtype"}
MOST_UNPACKED_BYTES = 16 << 30


class ExportError(Exception):
    """Something that the user can put right."""


def pack(model, pre_processing, post_processing, metadata, options=(), example=None):
    """Packs objects, and returns the exit code of `eisen-serve pack`.

    model            a torch.nn.Module, or a ScriptModule
    pre_processing   a transform, a list of them, something with a list of them in `transforms`, or None
    post_processing  the same
    metadata         a dictionary, or the path of a metadata.json
    options          more for `eisen-serve pack`, the model's name and version among them
    example          a tuple of tensors to trace the model with; it is scripted without
    """
    with tempfile.TemporaryDirectory(prefix="eisen-export-") as folder:
        folder = pathlib.Path(folder)
        script(model, example).save(str(folder / "model.pt"))
        if isinstance(metadata, dict):
            metadata = write_json(folder / "metadata.json", metadata)
        command = [find_program(), "pack", "--model", folder / "model.pt", "--metadata", metadata]
        for option, transforms in ("--pre-processing", pre_processing), ("--post-processing", post_processing):
            if transforms is not None:
                command += [option, write_transforms(folder / option[2:], transforms)]
        return subprocess.run([str(part) for part in [*command, *options]]).returncode


def convert(archive, options=(), trust=False, example=None):
    """Converts an archive that Eisen-Deploy wrote, and returns the exit code of `eisen-serve pack`."""
    with tempfile.TemporaryDirectory(prefix="eisen-export-") as folder:
        folder = pathlib.Path(folder)
        try:
            with zipfile.ZipFile(archive) as zipped:
                if sum(entry.file_size for entry in zipped.infolist()) > MOST_UNPACKED_BYTES:
                    raise ExportError(f"{archive} unpacks to more than {MOST_UNPACKED_BYTES >> 30} GiB")
                zipped.extractall(folder)
        except zipfile.BadZipFile as failed:
            raise ExportError(f"{archive} is no archive of Eisen-Deploy's: {failed}") from failed
        names = ["model.pt", "metadata.json", "pre_process_tform.pkl", "post_process_tform.pkl", "MAR-INF/MANIFEST.json"]
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            raise ExportError(f"{archive} is no archive of Eisen-Deploy's: it has no {', '.join(missing)}")

        manifest = json.loads((folder / names[4]).read_text(encoding="utf-8"))["model"]
        options = ["--model-name", manifest["modelName"], *options]
        if manifest.get("modelVersion"):
            options = ["--version", manifest["modelVersion"], *options]
        known = {*names[:4], "MAR-INF", manifest.get("handler", "handlers.py").split(":")[0]}
        extra = [path for path in sorted(folder.iterdir()) if path.name not in known]
        if extra:
            options += ["--extra-files", *extra]
        before, after = (read_transforms(folder / name) for name in names[2:4])
        return pack(load_model(folder / names[0], trust), before, after, folder / names[1], options, example)


def script(model, example=None):
    """A module as TorchScript."""
    if isinstance(model, torch.jit.ScriptModule):
        return model
    if not isinstance(model, torch.nn.Module):
        raise ExportError(f"the model is a {type(model).__name__}, not a torch.nn.Module")
    model = model.eval()
    if example is not None:
        with torch.no_grad():
            return torch.jit.trace(model, example)
    try:
        return torch.jit.script(model)
    except Exception as failed:
        raise ExportError(f"the model cannot be scripted; trace it with an example of its inputs (--trace FILE.npz). torch says: {failed}") from failed


def load_model(path, trust):
    """The model of an archive of Eisen-Deploy's, which is a pickle unless somebody has replaced it."""
    try:
        return torch.jit.load(str(path), map_location="cpu")
    except RuntimeError:
        pass
    if not trust:
        raise ExportError("the archive's model is a pickle: loading it runs whatever code its author put there. Say --trust if you trust them")
    try:
        return torch.load(str(path), map_location="cpu", weights_only=False)
    except (ImportError, AttributeError) as failed:
        raise ExportError(f"the model's class cannot be imported; put its module on the PYTHONPATH. Python says: {failed}") from failed


def write_transforms(stem, transforms):
    """Writes transforms as JSON, or as TorchScript if they are a torch module, and returns the path."""
    if isinstance(transforms, (str, os.PathLike)):
        return transforms
    if isinstance(transforms, torch.nn.Module):
        path = stem.with_suffix(".pt")
        script(transforms).save(str(path))
        return path
    return write_json(stem.with_suffix(".json"), list(describe(transforms)))


def describe(transforms):
    """Transforms, one or many, in Eisen's configuration form."""
    if not isinstance(transforms, (list, tuple)):
        transforms = getattr(transforms, "transforms", [transforms])  # torchvision's Compose
    for transform in transforms:
        if isinstance(transform, (list, tuple)) or hasattr(transform, "transforms"):
            yield from describe(transform)
            continue
        kind = type(transform)
        if is_eisens(kind.__module__) and kind.__name__ in PRINTING:
            print(f"eisen_export.py: {kind.__name__} is left out: it only prints", file=sys.stderr)
            continue
        if not is_eisens(kind.__module__) or kind.__name__ not in PARAMETERS:
            raise ExportError(f"{kind.__module__}.{kind.__name__} is none of Eisen's transforms ({', '.join(PARAMETERS)}); write it as a torch.nn.Module from Dict[str, Tensor] to the same")
        params = {name: plain(getattr(transform, name)) for name in PARAMETERS[kind.__name__] if getattr(transform, name, None) is not None}
        yield {"type": f"eisen.transforms.{kind.__name__}", "params": params}


def is_eisens(module):
    return module == "eisen.transforms" or module.startswith("eisen.transforms.")


def plain(value):
    """A parameter as JSON can have it."""
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, type):
        import numpy
        return numpy.dtype(value).name
    if hasattr(value, "tolist"):  # numpy's arrays and numbers, and tensors
        return plain(value.tolist())
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise ExportError(f"a transform has a parameter that is a {type(value).__name__}, which JSON cannot have")


class TransformReader(pickle.Unpickler):
    """Reads pickled transforms without running anything of theirs: in place of each class of Eisen's comes an empty one
    that only keeps the attributes, and nothing else is let in but numpy's arrays and numbers."""

    def find_class(self, module, name):
        composes = module.startswith("torchvision.transforms") and name == "Compose"
        if is_eisens(module) or composes:
            return type(name, (), {"__module__": module})
        if module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray"):
            import numpy
            if name in NUMPY_REBUILDS:
                return getattr(importlib.import_module(module), name)
            if isinstance(getattr(numpy, name, None), type) and issubclass(getattr(numpy, name), numpy.generic):
                return getattr(numpy, name)
        if (module, name) == ("dill._dill", "_create_array"):
            return rebuild_array
        raise ExportError(f"the archive's transforms need {module}.{name}, which is not Eisen's; only Eisen's own transforms can be converted")


def rebuild_array(rebuild, arguments, state, attributes=None):
    """An array as dill writes one."""
    array = rebuild(*arguments)
    array.__setstate__(state)
    return array


def read_transforms(path):
    """The transforms of a pickle, as objects that have their attributes."""
    try:
        with open(path, "rb") as file:
            return TransformReader(file).load()
    except ExportError:
        raise
    except Exception as failed:
        raise ExportError(f"{path.name} cannot be read: {failed}") from failed


def write_json(path, value):
    try:
        path.write_text(json.dumps(value, indent=2, allow_nan=False), encoding="utf-8")
    except ValueError as failed:
        raise ExportError(f"{path.name} cannot be written as JSON: {failed}") from failed
    return path


def find_program():
    beside = pathlib.Path(__file__).resolve().parent.parent / "eisen-serve"
    program = os.environ.get("EISEN_SERVE") or shutil.which("eisen-serve") or (str(beside) if beside.is_file() else None)
    if program is None:
        raise ExportError("eisen-serve was not found: put it on the PATH, or set EISEN_SERVE to its path")
    return program


def find_object(name):
    """The object that MODULE:NAME stands for."""
    module, _, attribute = name.partition(":")
    if not attribute:
        raise ExportError(f"{name!r} must be MODULE:NAME, an object of a Python module")
    sys.path.insert(0, os.getcwd())
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as failed:
        raise ExportError(f"there is no {name}: {failed}") from failed
    is_function = callable(found) and hasattr(found, "__code__")
    return found() if is_function else found


def find_transforms(name):
    return name if name is None or name.endswith((".json", ".pt")) else find_object(name)


def read_example(path):
    if path is None:
        return None
    import numpy
    try:
        loaded = numpy.load(path, allow_pickle=False)
        arrays = [loaded] if isinstance(loaded, numpy.ndarray) else [loaded[name] for name in loaded.files]
    except (OSError, ValueError) as failed:
        raise ExportError(f"--trace {path} cannot be read: {failed}") from failed
    return tuple(torch.from_numpy(array) for array in arrays)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    packing = commands.add_parser("pack", help="pack Python objects", allow_abbrev=False)
    packing.add_argument("--model", required=True, metavar="MODULE:NAME")
    packing.add_argument("--pre-processing", metavar="MODULE:NAME | FILE")
    packing.add_argument("--post-processing", metavar="MODULE:NAME | FILE")
    packing.add_argument("--metadata", required=True, metavar="MODULE:NAME | FILE")
    packing.add_argument("--trace", metavar="FILE")
    converting = commands.add_parser("convert", help="convert an archive of Eisen-Deploy's", allow_abbrev=False)
    converting.add_argument("archive")
    converting.add_argument("--trust", action="store_true", help="load the model's pickle, which runs whatever code is in it")
    converting.add_argument("--trace", metavar="FILE")
    given, options = parser.parse_known_args()
    try:
        example = read_example(given.trace)
        if given.command == "convert":
            return convert(given.archive, options, given.trust, example)
        metadata = given.metadata if given.metadata.endswith(".json") else find_object(given.metadata)
        return pack(find_object(given.model), find_transforms(given.pre_processing), find_transforms(given.post_processing), metadata, options, example)
    except (ExportError, OSError) as failed:
        print(f"eisen_export.py: {' '.join(str(failed).split())}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
