"""The contracted words of English that TorchServe's text handlers write out, and what they stand for."""


def _expansions():
    words = {
        "ain't": "is not",
        "can't": "cannot",
        "shan't": "shall not",
        "sha'n't": "shall not",
        "won't": "will not",
        "'cause": "because",
        "I'm": "I am",
        "let's": "let us",
        "ma'am": "madam",
        "o'clock": "of the clock",
        "so's": "so as",
        "y'all": "you all",
    }
    for ending, meaning, stems in (
        ("n't", " not", "are could did does do had has have is may might must need ought should was were would"),
        ("'ve", " have", "could might must should would will so to I you we they what when where who why"),
        ("'d", " would", "I you he she it we they that there"),
        ("'d", " did", "how where"),
        ("'ll", " will", "I you he she it we they how what who"),
        ("'s", " is", "he she it that there how what when where who why"),
        ("'re", " are", "you we they what"),
    ):
        for stem in stems.split():
            words[stem + ending] = stem + meaning
    return words


CONTRACTION_MAP = _expansions()
