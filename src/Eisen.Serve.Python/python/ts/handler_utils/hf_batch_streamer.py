"""The streaming of text that Hugging Face's models generate for a batch."""

from transformers.generation.streamers import BaseStreamer, TextIteratorStreamer


class TextIteratorStreamerBatch(BaseStreamer):
    """A TextIteratorStreamer for each text of a batch. Iterating gives lists with {"text": ...} for each, until one of them
    ends."""

    def __init__(self, tokenizer, batch_size, skip_prompt=False, timeout=None, **decode_kwargs):
        """:param timeout: how long to wait for the next piece, in seconds; None for ever."""
        self.batch_size = batch_size
        self.streamers = [TextIteratorStreamer(tokenizer, skip_prompt, timeout, **decode_kwargs) for _ in range(batch_size)]

    def put(self, value):
        """Takes the next tokens, texts by tokens, from the model."""
        if value.shape[0] != self.batch_size:
            raise ValueError("tokens are to be for %d texts, and their shape is %s" % (self.batch_size, tuple(value.shape)))
        for place, streamer in enumerate(self.streamers):
            streamer.put(value[place:place + 1])

    def end(self):
        """Takes the end from the model."""
        for streamer in self.streamers:
            streamer.end()

    def __iter__(self):
        return self

    def __next__(self):
        return [{"text": next(streamer)} for streamer in self.streamers]
