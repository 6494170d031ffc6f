"""The contracted words of English, and what they stand for."""


def _expansions():
    pronouns = ("I", "you", "he", "she", "it", "we", "they")
    questions = ("how", "what", "when", "where", "who", "why")
    words = {
        "ain't": "is not",
        "can't": "cannot",
        "can't've": "cannot have",
        "'cause": "because",
        "let's": "let us",
        "ma'am": "madam",
        "o'clock": "of the clock",
        "shan't": "shall not",
        "shan't've": "shall not have",
        "sha'n't": "shall not",
        "so's": "so as",
        "so've": "so have",
        "to've": "to have",
        "how'd'y": "how do you",
        "won't": "will not",
        "won't've": "will not have",
        "y'all": "you all",
        "y'all'd": "you all would",
        "y'all'd've": "you all would have",
        "y'all're": "you all are",
        "y'all've": "you all have",
    }
    for verb in ("are", "could", "did", "do", "does", "had", "has", "have", "is", "may", "might", "must", "need", "ought", "should",
                 "was", "were", "would"):
        words[verb + "n't"] = verb + " not"
    for verb in ("could", "had", "might", "must", "need", "ought", "should", "would"):
        words[verb + "n't've"] = verb + " not have"
    for verb in ("could", "might", "must", "should", "would", "will"):
        words[verb + "'ve"] = verb + " have"
    for word in pronouns + ("that", "there"):
        words[word + "'d"] = word + " would"
        words[word + "'d've"] = word + " would have"
    for word in pronouns + ("that", "there") + questions:
        words[word + "'ll"] = word + " will"
        words[word + "'ll've"] = word + " will have"
    for word in ("he", "she", "it", "that", "there") + questions:
        words[word + "'s"] = word + " is"
    for word in ("I", "you", "we", "they") + questions:
        words[word + "'ve"] = word + " have"
    for word in ("you", "we", "they", "what"):
        words[word + "'re"] = word + " are"
    words["I'm"] = "I am"
    words["how'd"] = "how did"
    words["where'd"] = "where did"
    return words


CONTRACTION_MAP = _expansions()
