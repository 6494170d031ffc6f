"""Finding the handler that an archive names."""

import importlib
import os
import sys
from types import ModuleType
from typing import Any, Callable, Optional, Tuple

EntryPoint = Callable[[Any, Any], Any]


def find(handler: str, folder: str) -> Tuple[EntryPoint, Callable[[Any], Any]]:
    """Finds a handler: a module with a function handle, module:function, or a module with one class.

    :param handler: the handler's name in the manifest: a file of the archive, with or without .py, or a name in
        ts.torch_handler.
    :param folder: the archive's folder.
    :return: what answers batches, and what loads the model.
    :raises ImportError: there is no such module, or it cannot be imported.
    :raises ValueError: the module has neither the function nor just one class, or that has no handle."""
    from ts.utils.util import list_classes_from_module

    module, function = _module_of(handler, folder)
    entry_point = getattr(module, function, None)
    if entry_point is not None:
        return entry_point, lambda context: entry_point(None, context)
    classes = list_classes_from_module(module)
    if len(classes) != 1:
        names = ", ".join(found.__name__ for found in classes) or "none"
        raise ValueError("%s is to have a function %s or just one class, and its classes are: %s" % (module.__name__, function, names))
    service = classes[0]()
    if not callable(getattr(service, "handle", None)):
        raise ValueError("the class %s in %s has no method handle" % (classes[0].__name__, module.__name__))
    return service.handle, service.initialize


def enveloped(envelope: Optional[str], entry_point: EntryPoint) -> EntryPoint:
    """Puts the envelope before a handler that the setting service_envelope names.

    :raises ImportError: there is no such envelope."""
    if not envelope:
        return entry_point
    from ts.utils.util import list_classes_from_module

    module = importlib.import_module("ts.torch_handler.request_envelope." + envelope)
    return list_classes_from_module(module)[0](entry_point).handle


def _module_of(handler: str, folder: str) -> Tuple[ModuleType, str]:
    path, _, function = handler.partition(":")
    path = path[:-3] if path.endswith(".py") else path
    directory, name = os.path.split(path)
    places = [folder, os.path.join(folder, directory)] if directory else [folder]
    sys.path[:0] = [place for place in places if place not in sys.path]
    # Interpreters that the handler starts find its modules, too.
    os.environ["PYTHONPATH"] = os.pathsep.join(places + [path for path in [os.environ.get("PYTHONPATH")] if path])
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name != name:
            raise
        module = _built_in(name, handler)
    return module, function or "handle"


def _built_in(name: str, handler: str) -> ModuleType:
    full_name = "ts.torch_handler." + name
    try:
        return importlib.import_module(full_name)
    except ModuleNotFoundError as missing:
        if missing.name != full_name:
            raise
        raise ModuleNotFoundError("the handler %s is neither in the archive nor one of TorchServe's" % handler, name=name) from None
