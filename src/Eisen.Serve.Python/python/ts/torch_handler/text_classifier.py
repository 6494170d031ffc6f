"""The handler text_classifier."""

import torch

from ts.handler_utils.text_utils import ngrams_iterator
from ts.torch_handler.text_handler import TextHandler
from ts.utils.util import map_class_to_label


class TextClassifier(TextHandler):
    """Answers with the probability of each class of a text. It answers one request at a time: batchSize is to be 1."""

    # The model's vocabulary has tokens and pairs of them.
    ngrams = 2

    def preprocess(self, data):
        """Cleans the text of the first request, and looks its tokens up.

        :param data: a list with a dictionary, whose "data" or "body" is text or its UTF-8 bytes.
        :return: a tensor of the numbers of its tokens, and the tokens."""
        text = data[0].get("data") or data[0].get("body")
        if isinstance(text, (bytes, bytearray)):
            text = text.decode("utf-8")
        text = self._expand_contractions(self._remove_html_tags(text).lower())
        text = self._remove_punctuation(self._remove_accented_characters(text))
        tokens = self._tokenize(text)
        numbers = [self.source_vocab[token] for token in ngrams_iterator(tokens, self.ngrams)]
        return torch.as_tensor(numbers, device=self.device), tokens

    def inference(self, data, *args, **kwargs):
        """Runs the model on the tokens' numbers and the place where the text begins, as torch.nn.EmbeddingBag takes them."""
        numbers, _ = data
        return super().inference(numbers, torch.as_tensor([0], device=self.device))

    def postprocess(self, data):
        """:param data: the model's scores, inputs by classes."""
        return map_class_to_label(torch.softmax(data, dim=1).tolist(), self.mapping)

    def get_insights(self, text_preprocess, _, target=0):
        """How much each token speaks for a class."""
        numbers, tokens = text_preprocess
        lig = self.lig
        from captum.attr import TokenReferenceBase

        reference = TokenReferenceBase().generate_reference(numbers.shape[0], device=self.device).squeeze(0)
        attributions = lig.attribute(
            numbers,
            reference,
            additional_forward_args=(torch.tensor([0], device=self.device),),
            return_convergence_delta=False,
            target=target,
        )
        return [{"importances": self.summarize_attributions(attributions).tolist(), "words": self.get_word_token(tokens)}]
