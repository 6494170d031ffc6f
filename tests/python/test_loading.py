"""How a handler is found and loaded, and what is told when it cannot be."""

import json
import unittest
from typing import Any, Dict, Optional

from archives import Archive
from worker import FAILED, READY, Worker

_CLASS = """
    class Handler:
        def initialize(self, context):
            self.loaded = "initialized"
        def handle(self, data, context):
            return [self.loaded] * len(data)
"""


class LoadingTests(unittest.TestCase):
    def answer(
        self, handler: str, files: Dict[str, str], manifest: Optional[Dict[str, Any]] = None, environment: Optional[Dict[str, str]] = None, **order: Any
    ) -> str:
        with Archive(files, manifest) as archive, Worker(archive.path, environment=environment) as worker:
            loaded = worker.load("m", archive.path, handler, **order)
            self.assertEqual(READY, loaded.kind, loaded.head)
            answers, _ = worker.ask({"parts": [("body", None, b"x")]})
            self.assertNotIn("failure", answers[0], worker.log())
            return answers[0]["content"].decode()

    def failure(self, handler: str, files: Dict[str, str], manifest: Optional[Dict[str, Any]] = None) -> str:
        with Archive(files, manifest) as archive, Worker(archive.path) as worker:
            loaded = worker.load("m", archive.path, handler)
            self.assertEqual(FAILED, loaded.kind)
            self.assertEqual(1, worker.process.wait(60))
            return loaded.head["message"]

    def test_class_is_initialized_and_called(self) -> None:
        self.assertEqual("initialized", self.answer("mine.py", {"mine.py": _CLASS}))

    def test_name_without_suffix_is_found(self) -> None:
        self.assertEqual("initialized", self.answer("mine", {"mine.py": _CLASS}))

    def test_handler_in_a_folder_is_found(self) -> None:
        self.assertEqual("initialized", self.answer("inner/mine.py", {"inner/mine.py": _CLASS}))

    def test_interpreter_that_a_handler_starts_finds_its_modules(self) -> None:
        files = {
            "mine.py": "import subprocess, sys\ndef handle(data, context):\n    return [subprocess.check_output([sys.executable, '-c', 'import other'])]\n",
            "other.py": "print('found', end='')\n",
        }
        self.assertEqual("found", self.answer("mine.py", files))

    def test_handler_in_a_package_is_found(self) -> None:
        self.assertEqual("initialized", self.answer("package.mine", {"package/__init__.py": "", "package/mine.py": _CLASS}))

    def test_imported_classes_do_not_count(self) -> None:
        files = {"mine.py": "from base import Base\nclass Mine(Base):\n    pass\n", "base.py": _CLASS.replace("Handler", "Base")}
        self.assertEqual("initialized", self.answer("mine.py", files))

    def test_function_handle_is_called_once_without_data(self) -> None:
        files = {"mine.py": """
            calls = []
            def handle(data, context):
                calls.append(data)
                return [repr(calls)]
        """}
        self.assertEqual("[None, [{'body': bytearray(b'x')}]]", self.answer("mine.py", files))

    def test_named_function_is_called(self) -> None:
        files = {"mine.py": """
            def handle(data, context):
                raise AssertionError("not this one")
            def mine(data, context):
                return ["mine"]
        """}
        self.assertEqual("mine", self.answer("mine.py:mine", files))

    def test_module_with_name_of_the_standard_library_does_not_break_the_worker(self) -> None:
        self.assertEqual("initialized", self.answer("mine.py", {"mine.py": _CLASS, "socket.py": "raise ImportError('shadowed')", "ts.py": "raise ImportError('shadowed')"}))

    def test_worker_s_own_modules_are_not_in_the_way(self) -> None:
        files = {"mine.py": "from loop import VALUE\ndef handle(data, context):\n    return [VALUE]\n", "loop.py": "VALUE = 'the archive\\'s'\n"}
        self.assertEqual("the archive's", self.answer("mine.py", files))

    def test_configuration_is_read_as_python_reads_it(self) -> None:
        files = {"mine.py": "def handle(data, context):\n    return [context.model_yaml_config]\n", "c.yaml": "a: yes\nhandler: {n: 0o17}\n"}
        self.assertEqual({"a": True, "handler": {"n": "0o17"}}, json.loads(self.answer("mine.py", files, {"configFile": "c.yaml"})))

    def test_configuration_of_the_server_is_used_without_yaml(self) -> None:
        files = {"mine.py": "def handle(data, context):\n    return [context.model_yaml_config]\n", "c.yaml": "a: 1\n"}
        with Archive({"yaml.py": "raise ImportError('no yaml')"}) as without_yaml:
            environment = {"PYTHONPATH": without_yaml.path}
            got = self.answer("mine.py", files, {"configFile": "c.yaml"}, environment, model_config={"a": 2})
        self.assertEqual({"a": 2}, json.loads(got))

    def test_gpu_reaches_the_handler(self) -> None:
        files = {"mine.py": "def handle(data, context):\n    return [context.system_properties]\n"}
        self.assertEqual(3, json.loads(self.answer("mine.py", files, gpu_id=3))["gpu_id"])

    def test_two_classes_are_refused(self) -> None:
        self.assertEqual(
            "ValueError: mine is to have a function handle or just one class, and its classes are: Handler, Other",
            self.failure("mine.py", {"mine.py": _CLASS + "\n    class Other:\n        pass\n"}),
        )

    def test_class_without_handle_is_refused(self) -> None:
        self.assertEqual("ValueError: the class Other in mine has no method handle", self.failure("mine.py", {"mine.py": "class Other:\n    pass\n"}))

    def test_missing_file_is_told(self) -> None:
        self.assertEqual("ModuleNotFoundError: the handler gone.py is neither in the archive nor one of TorchServe's", self.failure("gone.py", {}))

    def test_import_that_fails_is_told_as_such(self) -> None:
        self.assertEqual("ModuleNotFoundError: No module named 'no_such_package'", self.failure("mine.py", {"mine.py": "import no_such_package\n"}))

    def test_syntax_error_is_told(self) -> None:
        self.assertIn("SyntaxError", self.failure("mine.py", {"mine.py": "def handle(\n"}))

    def test_initialize_that_raises_is_told_and_its_traceback_logged(self) -> None:
        with Archive({"mine.py": _CLASS.replace('self.loaded = "initialized"', "1 / 0")}) as archive, Worker(archive.path) as worker:
            loaded = worker.load("m", archive.path, "mine.py")
            worker.process.wait(60)
        self.assertEqual((FAILED, "ZeroDivisionError: division by zero"), (loaded.kind, loaded.head["message"]))
        self.assertIn("\u001eE    1 / 0", worker.out)

    def test_initialize_that_exits_is_told(self) -> None:
        self.assertEqual("SystemExit: 7", self.failure("mine.py", {"mine.py": "raise SystemExit(7)\n"}))


if __name__ == "__main__":
    unittest.main()
