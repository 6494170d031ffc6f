"""Tokens of text, as torchtext makes them."""

import re

# What torchtext's basic_english does, in its order: tokens are what white space separates afterwards.
_BASIC_ENGLISH = [(re.compile(pattern), replacement) for pattern, replacement in (
    ("'", " '  "),
    ('"', ""),
    (r"\.", " . "),
    ("<br />", " "),
    (",", " , "),
    (r"\(", " ( "),
    (r"\)", " ) "),
    ("!", " ! "),
    (r"\?", " ? "),
    ("[;:]", " "),
)]


def ngrams_iterator(token_list, ngrams):
    """The tokens, then all pairs of neighbours, then all triples, up to the given number; a space joins neighbours."""
    for length in range(1, ngrams + 1):
        for start in range(len(token_list) - length + 1):
            yield " ".join(token_list[start:start + length])


def get_tokenizer(tokenizer, language="en"):
    """A function from a text to its list of tokens.

    :param tokenizer: "basic_english", None to split at white space, or a function, which is given back.
    :raises ValueError: it is another name; torchtext.data.utils.get_tokenizer has more of them."""
    if tokenizer is None:
        return str.split
    if callable(tokenizer):
        return tokenizer
    if tokenizer != "basic_english":
        raise ValueError("basic_english is the only tokenizer here, not %r; torchtext.data.utils has more" % (tokenizer,))
    if language != "en":
        raise ValueError("basic_english knows English (en), not %r" % (language,))
    return _basic_english


def _basic_english(text):
    text = text.lower()
    for pattern, replacement in _BASIC_ENGLISH:
        text = pattern.sub(replacement, text)
    return text.split()
