"""The base of handlers that take text."""

import abc
import os
import re
import string
import unicodedata

import torch

from ts.handler_utils.text_utils import get_tokenizer
from ts.torch_handler.base_handler import BaseHandler, load_saved
from ts.torch_handler.contractions import CONTRACTION_MAP
from ts.utils.util import CLEANUP_REGEX

_EXPANDED = {word.lower(): expanded for word, expanded in CONTRACTION_MAP.items()}

# As with TorchServe, only the first part of "he'd've" is written out.
CONTRACTIONS_PATTERN = re.compile("|".join(map(re.escape, _EXPANDED)), re.IGNORECASE)

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


class TextHandler(BaseHandler, abc.ABC):
    """Has the model's vocabulary, and steps that clean text."""

    # Made when it is asked for: captum is not for everybody.
    _lig = None

    def __init__(self):
        super().__init__()
        self.source_vocab = None
        self.tokenizer = get_tokenizer("basic_english")
        self.input_text = None

    @property
    def lig(self):
        """Captum's integrated gradients of the model's embedding.

        :raises RuntimeError: the interpreter has no captum."""
        if self._lig is None:
            try:
                from captum.attr import LayerIntegratedGradients
            except ImportError as missing:
                raise RuntimeError("explanations need captum: pip install captum") from missing
            self._lig = LayerIntegratedGradients(self.model, self.model.embedding)
        return self._lig

    @lig.setter
    def lig(self, value):
        self._lig = value

    def initialize(self, context):
        """Loads the model and the vocabulary: the manifest's sourceVocab, or source_vocab.pt."""
        super().initialize(context)
        self.initialized = False
        named = self.manifest["model"].get("sourceVocab")
        folder = context.system_properties.get("model_dir")
        path = os.path.join(folder, named) if named else self.get_source_vocab_path(context)
        try:
            self.source_vocab = load_saved(path)
        except ModuleNotFoundError as missing:
            # A vocabulary is often an object of torchtext.
            raise RuntimeError("%s needs the Python package %s" % (os.path.basename(path), missing.name)) from missing
        self.initialized = True

    def get_source_vocab_path(self, ctx):
        """Where the vocabulary is.

        :raises RuntimeError: it is not there."""
        path = os.path.join(ctx.system_properties.get("model_dir"), "source_vocab.pt")
        if not os.path.isfile(path):
            raise RuntimeError("source_vocab.pt is not in the archive; text handlers need the model's vocabulary in it")
        return path

    def get_word_token(self, input_tokens):
        """The words of tokens, without the sign by which byte-pair tokenizers mark a space."""
        return [token.replace("\u0120", "") for token in input_tokens]

    def summarize_attributions(self, attributions):
        """Attributions, tokens by embedding or with an axis of inputs before, as shares of their sum's length."""
        shares = torch.softmax(attributions, dim=0 if attributions.dim() in (0, 1, 3) else 1)
        return shares / torch.norm(shares.sum(dim=-1))

    def _expand_contractions(self, text):
        return CONTRACTIONS_PATTERN.sub(_expand, text).replace("'", "")

    def _remove_accented_characters(self, text):
        return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")

    def _remove_html_tags(self, text):
        return CLEANUP_REGEX.sub("", text)

    def _remove_punctuation(self, text):
        return text.translate(_NO_PUNCTUATION)

    # Handlers call it by this name, too.
    _remove_puncutation = _remove_punctuation

    def _tokenize(self, text):
        return self.tokenizer(text)


def _expand(match):
    word = match.group()
    expanded = _EXPANDED[word.lower()]
    return word[0] + expanded[1:] if word[0].isalpha() else expanded
