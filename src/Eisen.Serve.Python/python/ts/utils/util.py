"""What handlers and their bases share."""

import enum
import functools
import inspect
import json
import logging
import os
import re
import warnings

logger = logging.getLogger(__name__)

# An HTML tag, or a character reference such as &amp; or &#39;.
CLEANUP_REGEX = re.compile(r"<.*?>|&(?:#x[0-9a-f]{1,6}|#[0-9]{1,6}|[a-z0-9]+);")


class PT2Backend(str, enum.Enum):
    """What torch.compile can compile with."""

    EAGER = "eager"
    AOT_EAGER = "aot_eager"
    INDUCTOR = "inductor"
    NVFUSER = "nvfuser"
    AOT_NVFUSER = "aot_nvfuser"
    AOT_CUDAGRAPHS = "aot_cudagraphs"
    OFI = "ofi"
    FX2TRT = "fx2trt"
    ONNXRT = "onnxrt"
    IPEX = "ipex"
    TORCHXLA_TRACE_ONCE = "torchxla_trace_once"
    OPENVINO = "openvino"
    TENSORRT = "tensorrt"
    HPU_BACKEND = "hpu_backend"


class PredictionException(Exception):
    """A handler raises it to answer with a status and a message of its own."""

    def __init__(self, message, error_code=500):
        super().__init__(message)
        self.message = message
        self.error_code = error_code

    def __str__(self):
        return "%s : %s" % (self.message, self.error_code)


def list_classes_from_module(module, parent_class=None):
    """The classes that a module defines itself, in the order of their names; those that it imports do not count.

    :param parent_class: only classes that derive from this one; None for all."""
    return [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if member.__module__ == module.__name__ and (parent_class is None or issubclass(member, parent_class))
    ]


def check_valid_pt2_backend(backend):
    """Whether torch.compile has a backend of this name; where not, the log says so."""
    known = any(backend == member.value for member in PT2Backend)
    if not known:
        logger.warning("%s is not a backend of torch.compile", backend)
    return known


def load_label_mapping(mapping_file_path):
    """Reads the names of classes, index_to_name.json.

    :return: a dictionary from the class's number, as text, to its name; None when there is no such file.
    :raises Exception: the file is not {"0": "name"}, {"0": ["id", "name"]} or {"object_type_names": ["name"]}."""
    if not os.path.isfile(mapping_file_path):
        logger.warning("%r is missing. Inference output will not include class name.", mapping_file_path)
        return None
    with open(mapping_file_path, encoding="utf-8") as file:
        mapping = json.load(file)
    if not isinstance(mapping, dict):
        raise Exception('%s is to hold an object such as {"0": "name"}, not %s' % (mapping_file_path, type(mapping).__name__))
    if isinstance(mapping.get("object_type_names"), list):
        return {str(number): name for number, name in enumerate(mapping["object_type_names"])}
    names = {}
    for number, entry in mapping.items():
        name = entry[-1] if isinstance(entry, list) and entry else entry
        if not isinstance(name, str):
            raise Exception("%s is to give class %s a name or a list of names, not %r" % (mapping_file_path, number, entry))
        names[number] = name
    return names


def map_class_to_label(probs, mapping=None, lbl_classes=None):
    """Gives probabilities their classes' names.

    :param probs: a list with a list of probabilities for each input.
    :param mapping: names by the class's number as text; None to answer with the numbers.
    :param lbl_classes: a list with a list of class numbers for each input, in the order of its probabilities; None when they
        count from 0.
    :return: a dictionary from name to probability for each input."""
    if not isinstance(probs, list):
        raise Exception("probs is to be a list of lists, not %s" % type(probs).__name__)
    if mapping is not None and not isinstance(mapping, dict):
        raise Exception("mapping is to be a dictionary, not %s" % type(mapping).__name__)

    def name(number):
        return str(number) if mapping is None else mapping[str(number)]

    if lbl_classes is None:
        lbl_classes = [range(len(row)) for row in probs]
    return [{name(number): value for number, value in zip(numbers, row)} for numbers, row in zip(lbl_classes, probs)]


def get_yaml_config(yaml_file_path):
    """Reads a YAML file, for instance the archive's model-config.yaml.

    :raises RuntimeError: the interpreter has no PyYAML."""
    try:
        import yaml
    except ImportError as missing:
        raise RuntimeError("reading %s needs PyYAML: pip install pyyaml" % yaml_file_path) from missing
    with open(yaml_file_path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def deprecated(version, replacement="", klass=PendingDeprecationWarning):
    """Makes a function warn that it will go.

    :param version: the version in which it goes.
    :param replacement: what to call instead."""

    def decorate(function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            warnings.warn("%s goes in %s; use %s" % (function.__name__, version, replacement), klass, stacklevel=2)
            return function(*args, **kwargs)

        return call

    return decorate
