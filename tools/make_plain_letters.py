#!/usr/bin/python3
"""Writes the ASCII letters that characters beyond ASCII consist of, without their accents, as text handlers see them: what
Python's unicodedata.normalize("NFKD", character) leaves in ASCII, in lower case. The server has no tables of Unicode.

    tools/make_plain_letters.py > src/Eisen.Serve.Handlers/Text/plain-letters.txt

A line has a character's number, in hexadecimal, a tabulator, and the letters.
"""
import sys
import unicodedata

for number in range(0x80, sys.maxunicode + 1):
    if 0xD800 <= number <= 0xDFFF:
        continue
    letters = unicodedata.normalize("NFKD", chr(number)).encode("ascii", "ignore").decode("ascii").lower()
    if letters:
        print(f"{number:X}\t{letters}")
