"""Provisions as they are cited in Polish."""

import re

ARTICLE = re.compile(r"Art\. (\d+[a-z]?)((?:\(\w+\))*)")
PARTS = re.compile(r"\((\w+)\)")
NAMES = (("GDPR ", "RODO "), ("Directive 2006/112/EC", "dyrektywa 2006/112/WE"), ("Reg. 282/2011", "rozp. 282/2011"))


def cited(provision: str, language: str) -> str:
    """A provision in the words of a language; the code writes them in English."""
    if language == "en":
        return provision
    for english, polish in NAMES:
        provision = provision.replace(english, polish)
    return ARTICLE.sub(_polish, provision)


def _polish(match: re.Match[str]) -> str:
    number, parts = match.groups()
    return f"art. {number}{_below(parts)}"


def _below(parts: str) -> str:
    """Paragraphs are numbers, points are letters."""
    return "".join(f" {'ust.' if part.isdigit() else 'lit.'} {part}" for part in PARTS.findall(parts))
