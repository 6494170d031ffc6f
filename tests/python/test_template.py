"""Workers that are forked from a process that has loaded the model."""

import json
import os
import signal
import unittest
from contextlib import contextmanager
from typing import Any, Iterator

from archives import Archive
from worker import READY, Template, Worker

_HANDLER = """
    import os, random
    LOADED_IN = os.getpid()
    def handle(data, context):
        return data and [{"loaded": LOADED_IN, "here": os.getpid(), "group": os.getpgid(0), "random": random.random()}]
"""


@contextmanager
def template_of(code: str) -> Iterator[Template]:
    with Archive({"mine.py": code}) as archive, Template(archive.path) as template:
        loaded = template.load("m", archive.path, "mine.py", template=True, threads=1)
        if loaded.kind != READY:
            raise AssertionError(loaded.head)
        template.unforkable = loaded.head["unforkable"]
        yield template


def ask(worker: Worker, content: bytes = b"x") -> Any:
    answers, _ = worker.ask({"parts": [("body", None, content)]})
    return json.loads(answers[0]["content"])


class TemplateTests(unittest.TestCase):
    def test_workers_are_of_one_template_and_their_own(self) -> None:
        with template_of(_HANDLER) as template, template.fork() as first, template.fork() as second:
            self.assertIsNone(template.unforkable)
            answers = [ask(first), ask(second)]
        self.assertEqual([template.process.pid] * 2, [answer["loaded"] for answer in answers])
        self.assertEqual([first.pid, second.pid], [answer["here"] for answer in answers])
        self.assertEqual([first.pid, second.pid], [answer["group"] for answer in answers])
        self.assertNotEqual(answers[0]["random"], answers[1]["random"])

    def test_worker_s_log_is_its_own(self) -> None:
        with template_of("import logging\ndef handle(data, context):\n    logging.info('hello')\n    print('there')\n    return data and [1]\n") as template:
            with template.fork() as worker:
                ask(worker)
            self.assertEqual(["\u001eIhello", "there"], worker.out)
        self.assertEqual(["\u001eIhello", "there"], template.out)

    def test_killed_worker_takes_nobody_with_it(self) -> None:
        with template_of(_HANDLER) as template, template.fork() as first, template.fork() as second:
            os.kill(first.pid, signal.SIGKILL)
            with self.assertRaises(EOFError):
                first.receive()
            self.assertEqual(second.pid, ask(second)["here"])
            with template.fork() as third:
                self.assertEqual(third.pid, ask(third)["here"])

    def test_worker_outlives_its_template(self) -> None:
        with template_of(_HANDLER) as template, template.fork() as worker:
            template.process.kill()
            template.process.wait()
            self.assertEqual(worker.pid, ask(worker)["here"])

    def test_busy_worker_ends_with_its_connection(self) -> None:
        with template_of("import signal\ndef handle(data, context):\n    if data: signal.pause()\n") as template, template.fork() as worker:
            worker.send_batch({"parts": [("body", None, b"")]})
            worker.connection.close()
            worker.wait_for_end()

    def test_torch_answers_in_forked_workers(self) -> None:
        code = """
            import torch
            weights = torch.ones(2000, 2000)
            def handle(data, context):
                return data and [[(weights @ weights).sum().item(), torch.get_num_threads()]]
        """
        with template_of(code) as template, template.fork() as worker:
            self.assertIsNone(template.unforkable)
            self.assertEqual([8e9, 1], ask(worker))

    def test_workers_draw_numbers_of_their_own(self) -> None:
        code = """
            import random, numpy, torch
            def handle(data, context):
                return data and [[random.random(), numpy.random.rand(), torch.rand(1).item()]]
        """
        with template_of(code) as template, template.fork() as first, template.fork() as second:
            for one, other in zip(ask(first), ask(second)):
                self.assertNotEqual(one, other)

    def test_what_does_not_survive_a_fork_is_told(self) -> None:
        for code, reason in (
            ("import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()", "the handler has started threads (1)"),
            ("import socket\nkept = socket.socketpair()", "the handler has opened connections (2)"),
        ):
            with self.subTest(reason), template_of(code + "\ndef handle(data, context):\n    pass\n") as template:
                self.assertEqual(reason, template.unforkable)

    def test_what_was_measured_while_loading_is_told_by_each_worker(self) -> None:
        code = "def handle(data, context):\n    context.metrics.add_counter('Loaded', 1)\n"
        with template_of(code) as template, template.fork() as first, template.fork() as second:
            self.assertEqual([["Loaded"]] * 2, [[metric["name"] for metric in worker.metrics] for worker in (first, second)])


if __name__ == "__main__":
    unittest.main()
