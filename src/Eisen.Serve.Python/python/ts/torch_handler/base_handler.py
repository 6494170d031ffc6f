"""The base of handlers: it loads the archive's model, and lets the steps of a prediction be overridden one by one."""

import abc
import importlib
import inspect
import logging
import os
import time

import torch

from ts.handler_utils.timer import timed
from ts.utils.util import check_valid_pt2_backend, list_classes_from_module, load_label_mapping

logger = logging.getLogger(__name__)

PROFILE_FOLDER = "/tmp/pytorch_profiler"


def load_saved(path, map_location=None):
    """torch.load for files that may hold more than tensors: they come with the archive, as the code that reads them does."""
    # Since 1.13 torch.load can refuse everything but tensors, and since 2.6 it does unless it is told otherwise.
    options = {"weights_only": False} if "weights_only" in inspect.signature(torch.load).parameters else {}
    return torch.load(path, map_location=map_location, **options)


def setup_ort_session(model_pt_path, map_location):
    """Opens an ONNX model with onnxruntime.

    :param map_location: "cuda" to run it on a GPU where that is possible."""
    try:
        import onnxruntime
    except ImportError as missing:
        raise RuntimeError("%s needs onnxruntime: pip install onnxruntime" % os.path.basename(model_pt_path)) from missing
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count() or 1
    providers = ["CPUExecutionProvider"] if map_location != "cuda" else ["CUDAExecutionProvider", "CPUExecutionProvider"]
    return onnxruntime.InferenceSession(model_pt_path, sess_options=options, providers=providers)


class BaseHandler(abc.ABC):
    """Loads the archive's model, which is TorchScript (.pt), a class and its weights (model file and serialized file), ONNX
    (.onnx), or what torch exported (.so), and predicts in three steps: preprocess, inference, postprocess."""

    def __init__(self):
        self.model = None
        self.mapping = None
        self.device = None
        self.map_location = None
        self.initialized = False
        self.context = None
        self.manifest = None
        self.model_pt_path = None
        self.model_yaml_config = {}
        self.explain = False
        self.target = 0
        self.profiler_args = {}

    def initialize(self, context):
        """Chooses the device and loads the model. Called once, before the first request.

        :raises RuntimeError: the archive has no model, or none that can be loaded."""
        self.model_yaml_config = getattr(context, "model_yaml_config", None) or {}
        self.manifest = context.manifest
        properties = context.system_properties
        model_dir = properties.get("model_dir")
        self.map_location, self.device = _choose_device(properties.get("gpu_id"))

        described = self.manifest["model"]
        serialized_file = described.get("serializedFile")
        self.model_pt_path = os.path.join(model_dir, serialized_file) if serialized_file else None
        self.model = self._load_model(model_dir, described.get("modelFile"))
        self.model = self._compile(self.model)
        self.mapping = load_label_mapping(os.path.join(model_dir, "index_to_name.json"))
        self.initialized = True

    @timed
    def preprocess(self, data):
        """Makes the model's input of the requests.

        :param data: a list with a dictionary for each request: the parts of its body by their names, "body" for a whole body.
        :return: what inference takes; here a tensor."""
        return torch.as_tensor(data, device=self.device)

    @timed
    def inference(self, data, *args, **kwargs):
        """Runs the model.

        :param data: a tensor, which is brought to the model's device.
        :return: what the model returns."""
        with torch.inference_mode():
            return self.model(data.to(self.device), *args, **kwargs)

    @timed
    def postprocess(self, data):
        """Makes the answers of what the model returned.

        :return: a list with an answer for each request."""
        return data.tolist()

    def handle(self, data, context):
        """Answers a batch of requests.

        :param data: as preprocess takes it.
        :return: a list with an answer for each request."""
        started = time.perf_counter()
        self.context = context
        if os.environ.get("ENABLE_TORCH_PROFILER"):
            self.manifest = self.manifest or context.manifest
            answers, _ = self._infer_with_profiler(data)
        elif self._is_describe():
            answers = [self.describe_handle()]
        else:
            prepared = self.preprocess(data)
            if self._is_explain():
                answers = self.explain_handle(prepared, data)
            else:
                answers = self.postprocess(self.inference(prepared))
        context.metrics.add_time("HandlerTime", round((time.perf_counter() - started) * 1000, 2), None, "ms")
        return answers

    def explain_handle(self, data_preprocess, raw_data):
        """Answers a request for an explanation by get_insights, which the handler defines.

        :param data_preprocess: what preprocess returned.
        :param raw_data: the requests; "target" in the first one is the class to explain."""
        inputs, target = None, 0
        first = raw_data[0]
        if isinstance(first, dict):
            inputs = first.get("data") or first.get("body")
            target = first.get("target") or 0
        return self.get_insights(data_preprocess, inputs, target)

    def describe_handle(self):
        """What the model tells of itself, where describing it asks for customized metadata; a handler may override it."""
        return None

    def get_device(self):
        """The device that the model runs on."""
        return self.device

    def _is_explain(self):
        if self._asked_for("explain"):
            self.explain = True
            return True
        return False

    def _is_describe(self):
        return self._asked_for("describe")

    def _asked_for(self, kind):
        return bool(self.context) and self.context.get_request_header(0, kind) == "True"

    def _load_model(self, model_dir, model_file):
        path = self.model_pt_path
        if model_file:
            model = self._load_pickled_model(model_dir, model_file, path)
            model.to(self.device)
            model.eval()
            return model
        if path is None:
            raise RuntimeError("the archive has no model: the manifest names neither a serializedFile nor a modelFile")
        if path.endswith(".pt"):
            model = self._load_torchscript_model(path)
            model.eval()
            return model
        if path.endswith(".onnx"):
            return setup_ort_session(path, self.map_location)
        if path.endswith(".so") and self._uses_exported():
            return self._load_torch_export_aot_compile(path)
        raise RuntimeError(
            "%s cannot be loaded: without a modelFile it is to be TorchScript (.pt), ONNX (.onnx), or an exported model (.so) "
            "with pt2: {export: {aot_compile: true}} in model-config.yaml" % os.path.basename(path)
        )

    def _load_torchscript_model(self, model_pt_path):
        """Loads a TorchScript module."""
        return torch.jit.load(model_pt_path, map_location=self.device)

    def _load_pickled_model(self, model_dir, model_file, model_pt_path):
        """Makes the model of the one class in the model file, and loads its weights.

        :raises RuntimeError: there is no such file.
        :raises ValueError: it has not just one class."""
        if not os.path.isfile(os.path.join(model_dir, model_file)):
            raise RuntimeError("the model file %s is not in the archive" % model_file)
        module = importlib.import_module(model_file.split(".")[0])
        classes = list_classes_from_module(module)
        if len(classes) != 1:
            raise ValueError("the model file %s is to define one class, and defines %d" % (model_file, len(classes)))
        model = classes[0]()
        if model_pt_path:
            model.load_state_dict(torch.load(model_pt_path, map_location=self.device))
        return model

    def _load_torch_export_aot_compile(self, model_so_path):
        """Loads what torch exported ahead of time."""
        if self.map_location == "cuda":
            torch.cuda.set_device(self.device)
        return torch._export.aot_load(model_so_path, self.map_location)

    def _uses_exported(self):
        pt2 = self.model_yaml_config.get("pt2")
        export = pt2.get("export") if isinstance(pt2, dict) else None
        return isinstance(export, dict) and bool(export.get("aot_compile"))

    def _compile(self, model):
        options = _compile_options(self.model_yaml_config.get("pt2"))
        if options is None or ("backend" in options and not check_valid_pt2_backend(options["backend"])):
            return model
        if not hasattr(torch, "compile"):
            logger.warning("torch %s has no torch.compile; the model runs as it is", torch.__version__)
            return model
        try:
            return torch.compile(model, **options)
        except Exception:
            logger.warning("torch.compile failed; the model runs as it is", exc_info=True)
            return model

    def _infer_with_profiler(self, data):
        """Answers as handle does, and writes how long operations took into PROFILE_FOLDER; profiler_args has torch.profiler's
        arguments.

        :return: the answers, and the profile."""
        profiler = torch.profiler
        arguments = self.profiler_args
        if not arguments:
            arguments.update(activities=[profiler.ProfilerActivity.CPU, profiler.ProfilerActivity.CUDA], record_shapes=True)
        if "on_trace_ready" not in arguments:
            folder = os.path.join(PROFILE_FOLDER, self.manifest["model"].get("modelName", ""))
            arguments["on_trace_ready"] = profiler.tensorboard_trace_handler(folder)
        with profiler.profile(**arguments) as profile:
            with profiler.record_function("preprocess"):
                prepared = self.preprocess(data)
            if self._is_explain():
                with profiler.record_function("explain"):
                    answers = self.explain_handle(prepared, data)
            else:
                with profiler.record_function("inference"):
                    answers = self.inference(prepared)
                with profiler.record_function("postprocess"):
                    answers = self.postprocess(answers)
        logger.info(profile.key_averages().table(sort_by="cpu_time_total", row_limit=10))
        return answers, profile


def _choose_device(gpu_id):
    """The kind of device and the device, for the GPU that the server chose, if any."""
    if gpu_id is not None and torch.cuda.is_available():
        return "cuda", torch.device("cuda:%s" % gpu_id)
    if gpu_id is not None and hasattr(torch.backends, "mps") and torch.backends.mps.is_available():
        return "mps", torch.device("mps")
    return "cpu", torch.device("cpu")


def _compile_options(pt2):
    """The arguments of torch.compile that model-config.yaml's pt2 stands for; None not to compile."""
    if pt2 is None:
        return None
    if isinstance(pt2, str):
        return {"backend": pt2}
    if not isinstance(pt2, dict):
        raise ValueError("pt2 in model-config.yaml is to be a backend or a map, not %r" % (pt2,))
    if "compile" in pt2:
        options = dict(pt2["compile"])
        return options if options.pop("enable", True) else None
    return None if "export" in pt2 else pt2
