"""What handlers call."""

import importlib
import os


def import_class(class_name, module_prefix=None):
    """A class by its name.

    :param class_name: module.Class, or Class where the prefix is the whole module.
    :param module_prefix: what goes before the module, or None.
    :raises ImportError: there is no such module, or no such class in it."""
    if not class_name:
        raise ImportError("a class's name is needed, and it is empty")
    module_name, _, name = class_name.rpartition(".")
    module_name = ".".join(part for part in (module_prefix, module_name) if part)
    if not module_name:
        raise ImportError("%s has no module before it" % class_name)
    found = getattr(importlib.import_module(module_name), name, None)
    if found is None:
        raise ImportError("there is no %s in %s" % (name, module_name))
    return found


def send_intermediate_predict_response(ret, req_id_map, message, code, context):
    """Sends each client a part of its answer, now. What handle returns in the end is the last part.

    :param ret: a list with a part for each request.
    :param req_id_map: context.request_ids.
    :param message: what the log shall say of it when code is not 200.
    :param code: 200.
    :param context: the context that handle was called with."""
    # Where several processes share a model, the first one answers.
    if os.environ.get("LOCAL_RANK", "0") != "0":
        return
    context.cl_socket.send_parts(ret, req_id_map, message, code, context)
