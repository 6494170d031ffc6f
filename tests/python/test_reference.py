"""Recorded requests get from the worker what they got from TorchServe."""

import json
import math
import re
import tempfile
import unittest
from collections import defaultdict
from typing import Any, Dict, List

import reference
from worker import READY, Worker

_ENVELOPES = {"envelope-body": "body", "envelope-json": "json", "envelope-kserve": "kserve", "envelope-kservev2": "kservev2"}
# As model-config.yaml and the registration have it.
_BATCH_SIZES = {"batchcfg": 4, "batchecho": 8}
# Another machine's convolutions round otherwise.
_TOLERANCE = 1e-4
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REQUEST_ID = "3f1a9528-83a0-4307-82b6-cf013e3980b5"


class ReferenceTests(unittest.TestCase):
    """One test for each model and configuration, one subtest for each case."""

    def test_recorded_cases_are_there(self) -> None:
        self.assertTrue(_GROUPS, "%s is to hold the recorded answers" % reference.FOLDER)

    def answer_all(self, config: str, model: str, cases: List[reference.Case]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            handler = reference.unpack(model + ".mar", folder)["handler"]
            with Worker(folder) as worker:
                loaded = worker.load(model, folder, handler, batch_size=_BATCH_SIZES.get(model, 1), envelope=_ENVELOPES.get(config))
                self.assertEqual(READY, loaded.kind, loaded.head)
                for case in cases:
                    with self.subTest(case.name):
                        answers, parts = worker.ask({"id": _REQUEST_ID, **case.request}, kind=case.kind)
                        self.compare(case, answers[0], parts)

    def compare(self, case: reference.Case, answer: Dict[str, Any], parts: List[Any]) -> None:
        if "failure" in answer:
            status, message = {
                "failed": (503, "Prediction failed"),
                "memory": (507, "Out of resources"),
                "refused": (answer["status"], answer["message"]),
            }[answer["failure"]]
            self.assertEqual(case.response["status"], status, answer)
            self.assertEqual(case.response["body_json"]["message"], message)
            return
        first = parts[0].head if parts else answer
        content = b"".join(part.rest for part in parts) + answer["content"]
        if case.kind == "describe":
            # The server puts it into its own answer.
            self.assertEqual(json.loads(case.content)[0]["customizedMetadata"], json.loads(content) or {})
            return
        self.assertEqual(case.response["status"], first["status"])
        self.assertEqual(case.response["reason"], first["reason"] or "")
        self.assertEqual(case.content_type, first["type"])
        self.assertEqual(case.fields, {name: value for name, value in first["headers"] if name != "Cache-Control"})
        if parts:
            self.assertEqual([chunk["chunk_text"] for chunk in case.response["chunks"]], [part.rest.decode() for part in parts] + [answer["content"].decode()])
        self.compare_contents(case.content, content)

    def compare_contents(self, expected: bytes, got: bytes) -> None:
        try:
            values = [json.loads(text) for text in (expected, got)]
        except ValueError:
            self.assertEqual(expected, got)
            return
        # The order of keys is nobody's promise, but whether the text is indented is.
        self.assertEqual(*[json.dumps(value, indent=2).encode() == text for value, text in zip(values, (expected, got))])
        self.assert_close(*values)

    def assert_close(self, expected: Any, got: Any, path: str = "") -> None:
        self.assertIs(type(expected), type(got), path)
        if isinstance(expected, dict):
            self.assertEqual(expected.keys(), got.keys(), path)
            for key, value in expected.items():
                if key != "model_dir":
                    self.assert_close(value, got[key], "%s.%s" % (path, key))
        elif isinstance(expected, list):
            self.assertEqual(len(expected), len(got), path)
            for place, value in enumerate(expected):
                self.assert_close(value, got[place], "%s[%d]" % (path, place))
        elif isinstance(expected, float) and math.isfinite(expected):
            self.assertTrue(math.isclose(expected, got, rel_tol=_TOLERANCE), "%s: %r, not %r" % (path, got, expected))
        elif isinstance(expected, str) and _UUID.fullmatch(expected):
            self.assertRegex(got, _UUID, path)
        else:
            self.assertEqual(repr(expected), repr(got), path)


def _test_of(config: str, model: str, cases: List[reference.Case]) -> Any:
    def test(self: ReferenceTests) -> None:
        self.answer_all(config, model, cases)

    return test


_GROUPS: Dict[Any, List[reference.Case]] = defaultdict(list)
for _case in reference.cases():
    _GROUPS[_case.config, _case.model].append(_case)
for (_config, _model), _cases in _GROUPS.items():
    setattr(ReferenceTests, "test_%s_%s" % (_config.replace("-", "_"), _model), _test_of(_config, _model, _cases))

if __name__ == "__main__":
    unittest.main()
