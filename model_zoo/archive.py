"""What the scripts that make the archives share: a module's bytes, the manifest, the archive; all such that they reproduce."""
import io
import json
import os
import sys
import zipfile

import torch

CREATED = "22/11/2026 12:00:00"


def to_torchscript(net):
    """The module's file without the *.debug_pkl records: they hold the paths of the sources on the machine that made it."""
    saved, stripped = io.BytesIO(), io.BytesIO()
    torch.jit.save(torch.jit.script(net), saved)
    writer = torch._C.PyTorchFileWriter(stripped)  # keeps the alignment that torch wants; zipfile does not
    with zipfile.ZipFile(saved) as records:
        for path in records.namelist():
            name = path.split("/", 1)[1]
            if name != "version" and not name.endswith(".debug_pkl"):  # the writer adds the version by itself
                content = records.read(path)
                writer.write_record(name, content, len(content))
    writer.write_end_of_file()
    return stripped.getvalue()


def manifest(name, serialized_file, handler, **more):
    """The bytes of MAR-INF/MANIFEST.json; further keys of its model section by their own names."""
    return json.dumps({
        "createdOn": CREATED,
        "runtime": "python",
        "model": {"modelName": name, "serializedFile": serialized_file, "handler": handler, "modelVersion": "1.0", **more},
        "archiverVersion": "0.12.0",
    }, indent=2).encode()


def write_archive(path, files):
    """Writes a .mar of names with their bytes, in this order."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # dated 1980: the archive reproduces
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)


def run_reproducibly(main):
    """Runs main on one thread, deterministically; torch writes a module's constants in the order of a set of strings."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    main()
