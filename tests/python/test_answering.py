"""Batches, large bodies, streams, and handlers that misbehave."""

import os
import signal
import unittest
from contextlib import contextmanager
from typing import Any, Iterator, Optional

from archives import Archive
from worker import GONE, GROW, PART, READY, ROOM, Worker


@contextmanager
def serving(code: str, memory: Optional[int] = None, **order: Any) -> Iterator[Worker]:
    with Archive({"mine.py": code}) as archive, Worker(archive.path, memory=memory) as worker:
        loaded = worker.load("m", archive.path, "mine.py", **order)
        if loaded.kind != READY:
            raise AssertionError(loaded.head)
        yield worker


def body(content: bytes, content_type: Any = None, **request: Any) -> Any:
    return {"parts": [("body", content_type, content)], **request}


_ECHO = """
    def handle(data, context):
        return data and [row["body"] for row in data]
"""


class AnsweringTests(unittest.TestCase):
    def test_batch_is_answered_in_its_order(self) -> None:
        with serving(_ECHO) as worker:
            answers, _ = worker.ask(*[body(b"%d" % number) for number in range(5)])
        self.assertEqual([b"0", b"1", b"2", b"3", b"4"], [answer["content"] for answer in answers])

    def test_large_bodies_come_back_through_the_shared_memory(self) -> None:
        contents = [bytes([number]) * size for number, size in enumerate((100, 65_535, 65_536, 3_000_000, 5))]
        with serving(_ECHO) as worker:
            for _ in range(2):
                answers, _ = worker.ask(*map(body, contents))
                self.assertEqual(contents, [answer["content"] for answer in answers])
                self.assertEqual([False, False, True, True, False], [answer.get("at") is not None for answer in answers])

    def test_many_small_answers_do_not_exceed_a_frame(self) -> None:
        with serving("def handle(data, context):\n    return data and [bytes(60000) for _ in data]\n") as worker:
            answers, _ = worker.ask(*[body(b"") for _ in range(300)])
        self.assertEqual({60_000}, {len(answer["content"]) for answer in answers})

    def test_answer_without_room_fails_and_the_worker_goes_on(self) -> None:
        with serving("def handle(data, context):\n    return data and [bytes(int(data[0]['body']))]\n") as worker:
            worker.send_batch(body(b"10000000"))
            asked = worker.receive()
            self.assertEqual((GROW, 10_000_000), (asked.kind, asked.head["shared"]))
            worker.send(ROOM, {"shared": 0})
            answers, _ = worker.take_answers()
            self.assertEqual("memory", answers[0]["failure"])
            answers, _ = worker.ask(body(b"3"))
            self.assertEqual(b"\0\0\0", answers[0]["content"])

    def test_answer_that_is_too_large_is_told_and_others_are_not_disturbed(self) -> None:
        with serving(_ECHO, max_response_size=3) as worker:
            answers, _ = worker.ask(body(b"1234"), body(b"123"))
        self.assertEqual(("large", "the answer has 4 bytes; max_response_size is 3"), (answers[0]["failure"], answers[0]["message"]))
        self.assertEqual(b"123", answers[1]["content"])

    def test_requests_above_the_memory_limit_fail_and_the_worker_goes_on(self) -> None:
        with serving(_ECHO, memory=400 << 20) as worker:
            answers, _ = worker.ask(*[body(bytes(100 << 20))] * 3)
            self.assertEqual({"memory"}, {answer["failure"] for answer in answers})
            answers, _ = worker.ask(body(b"small"))
        self.assertEqual(b"small", answers[0]["content"])

    def test_handler_s_header_fields_are_its_request_s_own(self) -> None:
        code = """
            def handle(data, context):
                if data is None:
                    return
                for place in range(len(data)):
                    context.set_response_header(place, "x-place", str(place))
                context.set_response_status(201, "Made", 1)
                context.set_response_content_type(0, "text/plain")
                return [context.get_request_header(place, "X-Name") for place in range(len(data))]
        """
        with serving(code) as worker:
            answers, _ = worker.ask(body(b"", headers=[["x-name", "a"]]), body(b"", headers=[["X-Name", "b"]]))
            self.assertEqual([(b"a", 200, "text/plain"), (b"b", 201, None)], [(answer["content"], answer["status"], answer["type"]) for answer in answers])
            self.assertEqual([[["x-place", "0"]], [["x-place", "1"]]], [answer["headers"] for answer in answers])

    def test_header_field_with_a_line_break_is_refused(self) -> None:
        code = """
            def handle(data, context):
                if data:
                    context.set_response_header(0, "x-a", "b\\r\\nx-c: d")
                    return ["answer"]
        """
        with serving(code) as worker:
            answers, _ = worker.ask(body(b""))
        self.assertEqual("failed", answers[0]["failure"])

    def test_status_that_is_none_is_refused(self) -> None:
        code = "def handle(data, context):\n    return data and (context.set_response_status(99) or ['answer'])\n"
        with serving(code) as worker:
            answers, _ = worker.ask(body(b""))
        self.assertEqual("failed", answers[0]["failure"])

    def test_exception_s_last_line_is_told_and_the_handler_s_frames_are_logged(self) -> None:
        with serving("def handle(data, context):\n    return data and data[5]\n") as worker:
            answers, _ = worker.ask(body(b""), body(b""))
        self.assertEqual([("failed", "IndexError: list index out of range")] * 2, [(answer["failure"], answer["message"]) for answer in answers])
        self.assertIn("\u001eE    return data and data[5]", worker.out)
        self.assertFalse([line for line in worker.out if "service.py" in line])

    def test_exception_that_cannot_say_what_it_is_fails_its_batch_alone(self) -> None:
        code = """
            class Odd(Exception):
                def __str__(self):
                    raise ValueError("no")
            def handle(data, context):
                if data and data[0]["body"] == b"odd":
                    raise Odd()
                return data and ["fine"]
        """
        with serving(code) as worker:
            answers, _ = worker.ask(body(b"odd"))
            self.assertEqual("failed", answers[0]["failure"])
            answers, _ = worker.ask(body(b"even"))
            self.assertEqual(b"fine", answers[0]["content"])

    def test_prediction_exception_with_an_odd_code_is_500(self) -> None:
        code = "from ts.utils.util import PredictionException\ndef handle(data, context):\n    if data: raise PredictionException('no', 7000)\n"
        with serving(code) as worker:
            answers, _ = worker.ask(body(b""))
        self.assertEqual(("refused", 500, "no"), (answers[0]["failure"], answers[0]["status"], answers[0]["message"]))

    def test_text_that_no_utf8_has_is_refused_and_the_worker_goes_on(self) -> None:
        with serving("def handle(data, context):\n    return data and [data[0]['body'] == b'bad' and '\\udc80' or 'good']\n") as worker:
            answers, _ = worker.ask(body(b"bad"))
            self.assertEqual("Unsupported model output data type.", answers[0]["message"])
            answers, _ = worker.ask(body(b"good"))
            self.assertEqual(b"good", answers[0]["content"])

    def test_message_that_no_utf8_has_is_sent_all_the_same(self) -> None:
        with serving("def handle(data, context):\n    if data: raise ValueError('\\udc80')\n") as worker:
            answers, _ = worker.ask(body(b""))
        self.assertEqual("ValueError: ?", answers[0]["message"])

    def test_metrics_are_given_with_the_batch(self) -> None:
        code = """
            from ts.metrics.dimension import Dimension
            def handle(data, context):
                if data:
                    context.metrics.add_counter("Seen", 2, 1, [Dimension("Kind", "a")])
                    context.metrics.add_time("Took", 1.5)
                    context.metrics.add_size("Odd", float("nan"))
                    return [1, 2]
        """
        with serving(code) as worker:
            worker.ask(body(b"", id="first"), body(b"", id="second"))
            given = [(metric["name"], metric["value"], metric["unit"], metric["type"], metric["dimensions"], metric["request_id"]) for metric in worker.metrics]
        self.assertEqual(("Seen", 2.0, "Count", "counter", {"Kind": "a", "ModelName": "m", "Level": "Model"}, "second"), given[0])
        self.assertEqual(("Took", 1.5, "Milliseconds", "gauge", {"ModelName": "m", "Level": "Model"}, "first,second"), given[1])
        self.assertEqual(["Seen", "Took", "PredictionTime"], [metric[0] for metric in given])

    def test_log_has_levels_and_whole_lines(self) -> None:
        code = """
            import logging, sys
            def handle(data, context):
                logging.getLogger("mine").warning("one\\ntwo")
                logging.info("three")
                logging.debug("four")
                print("five", "six")
                print("seven", file=sys.stderr)
                return data and ["x"]
        """
        with serving(code) as worker:
            worker.ask(body(b""))
        self.assertEqual(["\u001eWone", "\u001eWtwo", "\u001eIthree", "five six"] * 2, worker.out)
        self.assertEqual(["seven"] * 2, worker.errors)

    def test_handler_may_close_its_standard_output(self) -> None:
        code = """
            import logging, os
            def handle(data, context):
                if data:
                    os.close(1)
                    logging.info("still here")
                    return ["answer"]
        """
        with serving(code) as worker:
            answers, _ = worker.ask(body(b""))
        self.assertEqual(b"answer", answers[0]["content"])
        self.assertIn("\u001eIstill here", worker.out)

    def test_handler_that_exits_ends_the_worker(self) -> None:
        for code in ("raise SystemExit(3)", "os._exit(3)"):
            with self.subTest(code), serving("import os\ndef handle(data, context):\n    if data: %s\n" % code) as worker:
                worker.send_batch(body(b""))
                with self.assertRaises(EOFError):
                    worker.receive()
                self.assertEqual(3, worker.process.wait(60))

    def test_forked_process_does_not_hold_the_connection(self) -> None:
        code = """
            import os, signal
            def handle(data, context):
                if data:
                    child = os.fork()
                    if child == 0:
                        signal.pause()
                    return [str(child)]
        """
        with serving(code) as worker:
            answers, _ = worker.ask(body(b""))
            child = int(answers[0]["content"])
            try:
                worker.process.kill()
                with self.assertRaises(EOFError):
                    worker.receive()
            finally:
                os.kill(child, signal.SIGKILL)

    def test_crash_leaves_a_python_traceback(self) -> None:
        with serving("import ctypes\ndef handle(data, context):\n    if data: ctypes.string_at(0)\n") as worker:
            worker.send_batch(body(b""))
            with self.assertRaises(EOFError):
                worker.receive()
            worker.process.wait(60)
        self.assertTrue([line for line in worker.errors if "in handle" in line], worker.errors)

    def test_hanging_worker_writes_where_it_is_when_asked(self) -> None:
        with serving("import os, signal\ndef handle(data, context):\n    if data: os.write(1, b'here\\n'); signal.pause()\n") as worker:
            worker.send_batch(body(b""))
            worker.wait_for_line("here")
            os.kill(worker.process.pid, signal.SIGUSR2)
            worker.wait_for_line("in handle")
            worker.connection.close()

    def test_busy_worker_ends_with_the_server(self) -> None:
        with serving("import signal\ndef handle(data, context):\n    if data: signal.pause()\n") as worker:
            worker.send_batch(body(b""))
            worker.connection.close()
            self.assertEqual(1, worker.process.wait(60))

    def test_idle_worker_ends_quietly_with_the_server(self) -> None:
        with serving(_ECHO) as worker:
            worker.connection.close()
            self.assertEqual(0, worker.process.wait(60))
        self.assertEqual("", worker.log())


class StreamTests(unittest.TestCase):
    CODE = """
        from ts.handler_utils.utils import send_intermediate_predict_response
        def handle(data, context):
            if data is None:
                return
            for number in range(int(data[0]["body"])):
                context.set_response_content_type(0, "text/plain")
                send_intermediate_predict_response(["%d;" % number] * len(data), context.request_ids, "", 200, context)
            return ["last"] * len(data)
    """

    def test_parts_come_for_each_request_and_begin_with_the_header(self) -> None:
        with serving(self.CODE) as worker:
            answers, parts = worker.ask(body(b"3"), body(b""))
        self.assertEqual([(0, b"0;"), (1, b"0;"), (0, b"1;"), (1, b"1;"), (0, b"2;"), (1, b"2;")], [(part.head["index"], part.rest) for part in parts])
        self.assertEqual(("text/plain", [["ts_stream_next", "true"]]), (parts[0].head["type"], parts[0].head["headers"]))
        self.assertEqual([b"last", b"last"], [answer["content"] for answer in answers])

    def test_large_part_comes_in_pieces(self) -> None:
        code = self.CODE.replace('"%d;" % number', '"x" * 2_500_000')
        with serving(code) as worker:
            _, parts = worker.ask(body(b"1"))
        self.assertEqual(2_500_000, sum(len(part.rest) for part in parts))
        self.assertEqual(3, len(parts))

    def test_old_place_of_the_function_works(self) -> None:
        with serving(self.CODE.replace("ts.handler_utils.utils", "ts.protocol.otf_message_handler")) as worker:
            _, parts = worker.ask(body(b"1"))
        self.assertEqual([b"0;"], [part.rest for part in parts])

    def test_part_that_is_an_error_fails_the_batch(self) -> None:
        with serving(self.CODE.replace('"", 200', '"over", 429')) as worker:
            answers, parts = worker.ask(body(b"1"))
        self.assertEqual(([], "refused", 429, "over"), (parts, answers[0]["failure"], answers[0]["status"], answers[0]["message"]))

    def test_handler_stops_when_its_clients_have_gone(self) -> None:
        with serving(self.CODE) as worker:
            worker.send_batch(body(b"1000000000"), body(b""))
            self.assertEqual(PART, worker.receive().kind)
            worker.send(GONE, {"index": 0})
            worker.send(GONE, {"index": 1})
            answers, _ = worker.take_answers()
            self.assertEqual("failed", answers[0]["failure"])
            answers, parts = worker.ask(body(b"1"))
            self.assertEqual((1, b"last"), (len(parts), answers[0]["content"]))

    def test_part_after_the_answer_is_not_sent(self) -> None:
        code = """
            senders = []
            def handle(data, context):
                if data is None:
                    return
                senders.append(context.cl_socket)
                try:
                    if len(senders) > 1:
                        senders[0].send_parts(["late"], context.request_ids, "", 200, context)
                except Exception as problem:
                    return [str(problem)]
                return ["answer"]
        """
        with serving(code) as worker:
            worker.ask(body(b""))
            answers, parts = worker.ask(body(b""))
        self.assertEqual(([], b"the batch is answered already"), (parts, answers[0]["content"]))

    def test_late_word_of_a_client_is_ignored(self) -> None:
        with serving(self.CODE) as worker:
            worker.send(GONE, {"index": 0})
            answers, _ = worker.ask(body(b"0"))
        self.assertEqual(b"last", answers[0]["content"])


class TorchserveTests(unittest.TestCase):
    def test_message_of_a_real_torchserve_becomes_parts(self) -> None:
        code = """
            import struct
            def text(value):
                return struct.pack("!i", len(value)) + value
            def handle(data, context):
                if data:
                    answer = text(b"request-0") + text(b"text/plain") + struct.pack("!i", 201) + text(b"Made")
                    answer += struct.pack("!i", 1) + text(b"ts_stream_next") + text(b"true") + text(b"part")
                    context.cl_socket.sendall(struct.pack("!i", 200) + text(b"ok") + answer + struct.pack("!i", -1))
                    return ["last"]
        """
        with serving(code) as worker:
            _, parts = worker.ask(body(b""))
        head = parts[0].head
        self.assertEqual((b"part", "text/plain", 201, "Made", [["ts_stream_next", "true"]]), (parts[0].rest, head["type"], head["status"], head["reason"], head["headers"]))

    def test_broken_message_fails_the_batch(self) -> None:
        with serving("def handle(data, context):\n    if data: context.cl_socket.sendall(b'\\0\\0\\0\\xc8\\0\\0')\n") as worker:
            answers, _ = worker.ask(body(b""))
        self.assertEqual("failed", answers[0]["failure"])


if __name__ == "__main__":
    unittest.main()
