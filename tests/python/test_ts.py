"""The package ts by itself, as handlers and their tests use it."""

import io
import json
import logging
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, Dict, List

from worker import PYTHON_FOLDER

sys.path.insert(0, str(PYTHON_FOLDER))

import torch
from PIL import Image

from ts.context import Context, RequestProcessor
from ts.handler_utils.micro_batching import MicroBatching
from ts.handler_utils.text_utils import get_tokenizer, ngrams_iterator
from ts.handler_utils.utils import import_class
from ts.metrics.metric_cache_errors import MetricsCacheKeyError, MetricsCacheValueError
from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl
from ts.metrics.metric_type_enum import MetricTypes
from ts.metrics.metrics_store import MetricsStore
from ts.service import emit_metrics
from ts.torch_handler.base_handler import BaseHandler
from ts.torch_handler.image_classifier import ImageClassifier
from ts.torch_handler.image_segmenter import ImageSegmenter
from ts.torch_handler.object_detector import ObjectDetector
from ts.torch_handler.request_envelope.json import JSONEnvelope
from ts.torch_handler.request_envelope.kservev2 import KServev2Envelope
from ts.torch_handler.text_classifier import TextClassifier
from ts.utils.util import list_classes_from_module, load_label_mapping, map_class_to_label

# What is logged and not asked for by a test is not shown.
logging.getLogger("ts").addHandler(logging.NullHandler())


def context_of(folder: str, manifest: Dict[str, Any], headers: Any = ({},), config: Any = None) -> Context:
    metrics = MetricsCacheYamlImpl()
    metrics.initialize_cache()
    metrics.model_name = "m"
    context = Context("m", folder, {"model": {"modelName": "m", "modelVersion": "1.0", **manifest}}, 1, None, "0.12.0", True, metrics, config or {})
    context.request_processor = [RequestProcessor(header) for header in headers]
    context.request_ids = metrics.request_ids = {place: "id-%d" % place for place in range(len(headers))}
    return context


class WithFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name: str, text: str) -> str:
        path = Path(self.folder) / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def save_script(self, module: torch.nn.Module) -> None:
        torch.jit.script(module.eval()).save(str(Path(self.folder) / "model.pt"))


class ContextTests(unittest.TestCase):
    def test_header_is_found_in_any_case_and_as_it_came_first(self) -> None:
        context = context_of("", {}, [{"X-A": "1", "x-a": "2"}])
        self.assertEqual(["1", "2", "1", None], [context.get_request_header(0, name) for name in ("X-A", "x-a", "x-A", "x-b")])

    def test_request_id_is_none_while_loading(self) -> None:
        context = context_of("", {})
        context.request_ids = None
        self.assertIsNone(context.get_request_id())


class UtilTests(WithFolder):
    def test_mapping_forms(self) -> None:
        for text, expected in (
            ('{"0": "cat"}', {"0": "cat"}),
            ('{"0": ["n01", "cat"]}', {"0": "cat"}),
            ('{"object_type_names": ["cat", "dog"]}', {"0": "cat", "1": "dog"}),
        ):
            with self.subTest(text):
                self.assertEqual(expected, load_label_mapping(self.write("m.json", text)))

    def test_mapping_that_is_none_raises(self) -> None:
        for text in ('["cat"]', '{"0": 1}', '{"0": []}'):
            with self.subTest(text), self.assertRaisesRegex(Exception, "m.json is to"):
                load_label_mapping(self.write("m.json", text))

    def test_mapping_that_is_missing_is_none(self) -> None:
        with self.assertLogs("ts.utils.util", "WARNING"):
            self.assertIsNone(load_label_mapping(self.folder + "/none.json"))

    def test_classes_get_names_or_numbers(self) -> None:
        self.assertEqual([{"cat": 0.9, "dog": 0.1}], map_class_to_label([[0.9, 0.1]], {"3": "cat", "1": "dog"}, [[3, 1]]))
        self.assertEqual([{"0": 0.9, "1": 0.1}], map_class_to_label([[0.9, 0.1]]))

    def test_only_a_module_s_own_classes_are_listed(self) -> None:
        import ts.torch_handler.image_classifier as module

        self.assertEqual([ImageClassifier], list_classes_from_module(module))
        self.assertEqual([], list_classes_from_module(module, Context))

    def test_class_is_imported_by_its_name(self) -> None:
        self.assertIs(ImageClassifier, import_class("image_classifier.ImageClassifier", "ts.torch_handler"))
        with self.assertRaisesRegex(ImportError, "no Nothing in ts.context"):
            import_class("ts.context.Nothing")


class MetricsTests(WithFolder):
    def lines(self, report: Any) -> List[str]:
        metrics = context_of("", {}).metrics
        metrics.request_ids = {0: "a", 1: "b"}
        with self.assertLogs("ts.metrics", "INFO") as log:
            report(metrics)
        return [record.getMessage().partition("|#hostname")[0] for record in log.records]

    def test_lines_are_torchserve_s(self) -> None:
        self.assertEqual(
            [
                "[METRICS]C.Count:2|#ModelName:m,Level:Model|#type:COUNTER",
                "[METRICS]T.Seconds:1.5|#ModelName:m,Level:Model|#type:GAUGE",
                "[METRICS]S.Kilobytes:3|#ModelName:m,Level:Model|#type:HISTOGRAM",
                "[METRICS]P.Percent:50|#ModelName:m,Level:Model|#type:GAUGE",
                "[METRICS]E.unit:1|#Level:Error|#type:COUNTER",
                "[METRICS]G.widgets:7|#ModelName:m,Level:Model|#type:COUNTER",
            ],
            self.lines(lambda metrics: (
                metrics.add_counter("C", 2),
                metrics.add_time("T", 1.5, unit="s"),
                metrics.add_size("S", 3, 1, "kB", metric_type=MetricTypes.HISTOGRAM),
                metrics.add_percent("P", 50),
                metrics.add_error("E", 1),
                metrics.add_metric("G", 7, "widgets"),
            )),
        )

    def test_what_cannot_be_is_said_and_not_reported(self) -> None:
        self.assertIn("negative", self.lines(lambda metrics: metrics.add_counter("C", -1))[0])
        self.assertIn("its dimensions are ['ModelName', 'Level']", self.lines(lambda metrics: metrics.get_metric("HandlerTime", MetricTypes.GAUGE).add_or_update(1, ["m"]))[0])

    def test_units_are_checked(self) -> None:
        metrics = context_of("", {}).metrics
        with self.assertRaises(MetricsCacheValueError):
            metrics.add_time("T", 1, unit="h")
        with self.assertRaises(MetricsCacheValueError):
            metrics.add_size("S", 1, unit="TB")

    def test_configured_metrics_are_found(self) -> None:
        path = self.write("metrics.yaml", "model_metrics:\n  counter:\n    - {name: Images, unit: images, dimensions: [ModelName]}\n")
        metrics = MetricsCacheYamlImpl(path)
        metrics.initialize_cache()
        self.assertEqual("images", metrics.get_metric("Images").unit)
        with self.assertRaises(MetricsCacheKeyError):
            metrics.get_metric("Images", MetricTypes.GAUGE)

    def test_configuration_without_a_unit_is_refused(self) -> None:
        metrics = MetricsCacheYamlImpl(self.write("metrics.yaml", "model_metrics:\n  gauge:\n    - {name: Images}\n"))
        with self.assertRaisesRegex(MetricsCacheKeyError, "has no 'unit'"):
            metrics.initialize_cache()

    def test_older_store_collects_and_emits(self) -> None:
        store = MetricsStore({0: "a", 1: "b"}, "m")
        store.add_counter("C", 1, 0)
        store.add_time("T", 2.5)
        with self.assertLogs("ts.service", "INFO") as log:
            emit_metrics(store.store)
        lines = [record.getMessage() for record in log.records]
        self.assertRegex(lines[0], r"^\[METRICS\]C\.Count:1\|#ModelName:m,Level:Model\|#hostname:[^,]+,\d+,a$")
        self.assertRegex(lines[1], r"^\[METRICS\]T\.Milliseconds:2\.5\|.*,a,b$")


class BaseHandlerTests(WithFolder):
    def test_script_answers(self) -> None:
        self.save_script(torch.nn.Identity())
        handler, context = self.loaded(BaseHandler, serializedFile="model.pt")
        self.assertEqual([[1.0, 2.0]], handler.handle([[1.0, 2.0]], context))

    def test_class_with_weights_answers(self) -> None:
        self.write("eager_net.py", "import torch\nclass Net(torch.nn.Linear):\n    def __init__(self):\n        super().__init__(2, 1)\n")
        weights = torch.nn.Linear(2, 1)
        torch.save(weights.state_dict(), self.folder + "/w.pth")
        sys.path.insert(0, self.folder)
        self.addCleanup(sys.path.remove, self.folder)
        handler, context = self.loaded(BaseHandler, serializedFile="w.pth", modelFile="eager_net.py")
        self.assertEqual(weights(torch.ones(1, 2)).tolist(), handler.handle([[1.0, 1.0]], context))

    def test_archive_without_a_model_is_refused(self) -> None:
        for manifest, message in (({}, "has no model"), ({"serializedFile": "model.bin"}, "model.bin cannot be loaded"), ({"modelFile": "gone.py"}, "gone.py is not in the archive")):
            with self.subTest(message), self.assertRaisesRegex(RuntimeError, message):
                BaseHandler().initialize(context_of(self.folder, manifest))

    def test_profile_reports_the_steps(self) -> None:
        self.save_script(torch.nn.Identity())
        handler, context = self.loaded(BaseHandler, config={"handler": {"profile": True}}, serializedFile="model.pt")
        with self.assertLogs("ts.metrics", "INFO") as log:
            handler.handle([[1.0]], context)
        self.assertEqual(
            ["ts_handler_preprocess", "ts_handler_inference", "ts_handler_postprocess", "HandlerTime"],
            [record.getMessage().partition(".")[0].replace("[METRICS]", "") for record in log.records],
        )

    def test_explanation_is_asked_of_get_insights(self) -> None:
        class Explaining(BaseHandler):
            def get_insights(self, prepared: Any, inputs: Any, target: int) -> Any:
                return [[prepared.tolist(), inputs, target]]

            def preprocess(self, data: Any) -> Any:
                return torch.ones(1)

        self.save_script(torch.nn.Identity())
        handler, context = self.loaded(Explaining, headers=[{"explain": "True"}], serializedFile="model.pt")
        self.assertEqual([[[1.0], "in", 3]], handler.handle([{"body": "in", "target": 3}], context))

    def test_description_is_asked_of_describe_handle(self) -> None:
        self.save_script(torch.nn.Identity())
        handler, context = self.loaded(BaseHandler, headers=[{"describe": "True"}], serializedFile="model.pt")
        self.assertEqual([None], handler.handle([{}], context))

    def test_compiling_is_left_out_where_torch_cannot(self) -> None:
        self.save_script(torch.nn.Identity())
        handler, context = self.loaded(BaseHandler, config={"pt2": {"compile": {"enable": True, "backend": "no such"}}}, serializedFile="model.pt")
        self.assertEqual([[1.0]], handler.handle([[1.0]], context))

    def loaded(self, handler_class: Any, headers: Any = ({},), config: Any = None, **manifest: Any) -> Any:
        context = context_of(self.folder, manifest, headers, config)
        handler = handler_class()
        handler.initialize(context)
        return handler, context


class Steps:
    """A handler without a model."""

    def preprocess(self, data: Any) -> Any:
        return [row + 1 for row in data]

    def inference(self, data: Any) -> Any:
        if 0 in data:
            raise ValueError("zero")
        return [row * 10 for row in data]

    def postprocess(self, data: Any) -> Any:
        return ["%d in %s" % (row, self.micro_batching.get_micro_batch_idx()) for row in data]


class MicroBatchingTests(unittest.TestCase):
    def setUp(self) -> None:
        self.steps = Steps()
        self.steps.micro_batching = self.micro_batching = MicroBatching(self.steps, 2, {"inference": 3})
        self.addCleanup(self.micro_batching.shutdown)

    def test_answers_come_in_the_requests_order(self) -> None:
        self.assertEqual(["20 in 0", "30 in 0", "40 in 1", "50 in 1", "60 in 2"], self.micro_batching.handle([1, 2, 3, 4, 5]))
        self.micro_batching.parallelism = {"preprocess": 2}
        self.assertEqual({"inference": 3, "preprocess": 2}, self.micro_batching.parallelism)
        self.assertEqual(["20 in 0"], self.micro_batching.handle([1]))

    def test_step_that_fails_fails_the_batch(self) -> None:
        with self.assertRaisesRegex(ValueError, "zero"):
            self.micro_batching.handle([1, 2, -1])

    def test_unknown_step_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "not handle"):
            self.micro_batching.parallelism = {"handle": 1}


class Scores(torch.nn.Module):
    """Scores of three classes: the picture's channels' means."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(dim=(2, 3))


class Pixels(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> Dict[str, torch.Tensor]:
        return {"out": x}


class VisionTests(WithFolder):
    RED = (250, 60, 10)

    def picture(self) -> bytes:
        written = io.BytesIO()
        Image.new("RGB", (300, 260), self.RED).save(written, "PNG")
        return written.getvalue()

    def answer(self, handler: Any, module: torch.nn.Module, rows: Any) -> Any:
        self.save_script(module)
        self.write("index_to_name.json", '{"0": "red", "1": "green", "2": "blue"}')
        context = context_of(self.folder, {"serializedFile": "model.pt"})
        handler.initialize(context)
        return handler.handle(rows, context)

    def test_classifier_names_the_likeliest_classes(self) -> None:
        import base64

        handler = ImageClassifier()
        handler.set_max_result_classes(2)
        picture = self.picture()
        answers = self.answer(handler, Scores(), [{"data": bytearray(picture)}, {"body": base64.b64encode(picture).decode()}])
        self.assertEqual(["red", "green"], list(answers[0]))
        self.assertEqual(answers[0], answers[1])
        mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        scores = torch.softmax((torch.tensor(self.RED) / 255 - mean) / deviation, dim=0)
        self.assertAlmostEqual(scores[0].item(), answers[0]["red"], places=5)

    def test_segmenter_gives_each_pixel_a_class_and_its_probability(self) -> None:
        answers = self.answer(ImageSegmenter(), Pixels(), [{"body": bytearray(self.picture())}])
        self.assertEqual((224, 224, 2), torch.tensor(answers[0]).shape)
        self.assertEqual(0.0, answers[0][5][7][0])

    def test_detector_leaves_out_what_is_unsure(self) -> None:
        handler = ObjectDetector()
        handler.mapping = {"1": "person", "2": "bag"}
        found = {"boxes": torch.tensor([[0.0, 1, 2, 3], [4, 5, 6, 7]]), "labels": torch.tensor([1, 2]), "scores": torch.tensor([0.75, 0.25])}
        self.assertEqual([[{"person": [0.0, 1.0, 2.0, 3.0], "score": 0.75}]], handler.postprocess([found]))

    def test_explanation_without_captum_says_what_is_missing(self) -> None:
        self.save_script(Scores())
        context = context_of(self.folder, {"serializedFile": "model.pt"}, [{"explain": "True"}])
        handler = ImageClassifier()
        handler.initialize(context)
        with self.assertRaisesRegex(RuntimeError, "explanations need captum"):
            handler.handle([{"body": bytearray(self.picture())}], context)


class Bag(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.EmbeddingBag(20, 3)

    def forward(self, numbers: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
        return self.embedding(numbers, offsets)


class TextTests(WithFolder):
    def test_tokens_are_torchtext_s(self) -> None:
        tokenize = get_tokenizer("basic_english")
        self.assertEqual(["don", "'", "t", "say", "so", ",", "(", "please", ")", "!", "ok", "."], tokenize('Don\'t say "so", (please)! <br />OK.;:'))
        self.assertEqual(["a", "b", "c", "a b", "b c"], list(ngrams_iterator(["a", "b", "c"], 2)))

    def test_classifier_cleans_and_looks_up(self) -> None:
        class Vocabulary(dict):  # type: ignore[type-arg]
            def __missing__(self, token: str) -> int:
                return len(token) % 20

        bag = Bag()
        self.save_script(bag)
        torch.save({"i": 1}, self.folder + "/source_vocab.pt")
        context = context_of(self.folder, {"serializedFile": "model.pt"})
        handler = TextClassifier()
        handler.initialize(context)
        self.assertEqual({"i": 1}, handler.source_vocab)
        handler.source_vocab = Vocabulary()
        numbers, tokens = handler.preprocess([{"body": bytearray("<b>I'd've</b> said: \u00e9t\u00e9 can't".encode())}])
        self.assertEqual(["i", "wouldve", "said", "ete", "cannot"], tokens)
        answers = handler.postprocess(handler.inference((numbers, tokens)))
        self.assertEqual(["0", "1", "2"], list(answers[0]))
        self.assertAlmostEqual(1.0, sum(answers[0].values()), places=5)

    def test_missing_vocabulary_is_told(self) -> None:
        self.save_script(Bag())
        with self.assertRaisesRegex(RuntimeError, "source_vocab.pt is not in the archive"):
            TextClassifier().initialize(context_of(self.folder, {"serializedFile": "model.pt"}))


class EnvelopeTests(unittest.TestCase):
    def test_json_decodes_base64_and_splits_the_answers(self) -> None:
        envelope = JSONEnvelope(lambda rows, context: [repr(row) for row in rows])
        data = [{"body": {"instances": [{"b64": "YQ=="}, {"x": {"b64": "Yg=="}, "y": 1}]}}, {"data": {"instances": [3]}}]
        self.assertEqual(
            [{"predictions": ["b'a'", "{'x': b'b', 'y': 1}"]}, {"predictions": ["3"]}],
            [json.loads(answer) for answer in envelope.handle(data, context_of("", {}))],
        )

    def test_kserve_takes_bytes_and_text_tensors(self) -> None:
        envelope = KServev2Envelope(lambda rows, context: [row["data"] for row in rows])
        body = {"inputs": [{"name": "a", "shape": [1], "datatype": "BYTES", "data": ["text"]}, {"name": "b", "shape": [2, 1], "datatype": "INT64", "data": [1, 2]}]}
        answer, = envelope.handle([{"body": bytearray(json.dumps(body).encode())}], context_of("", {}))
        self.assertEqual(
            [("a", "BYTES", ["text"], [1]), ("b", "INT64", [1, 2], [2])],
            [(output["name"], output["datatype"], output["data"], output["shape"]) for output in answer["outputs"]],
        )
        self.assertEqual("id-0", answer["id"])


if __name__ == "__main__":
    unittest.main()
