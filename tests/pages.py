"""What the tests of pages share: ways to read a page without the code that made it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np

SVG = "{http://www.w3.org/2000/svg}"
MARKS = "\u2068\u2069"  # around what is written from right to left

# Texts of a picture that reach out of their own card.
OUTSIDE = """(function(){var bad=[];document.querySelectorAll('svg .card').forEach(function(c){
var f=c.querySelector('.paper').getBBox();c.querySelectorAll('text').forEach(function(t){
var x=t.getBBox();if(!x.width)return;
if(x.x<f.x-0.5||x.x+x.width>f.x+f.width+0.5||x.y<f.y-1||x.y+x.height>f.y+f.height+1.5)
bad.push([c.id,t.textContent])})});return bad})()"""


class _Checker(HTMLParser):
    """Refuses a page whose elements are not closed in order, or that refers to anything."""

    empty = frozenset(("meta", "input", "br", "link", "img"))

    def __init__(self):
        super().__init__()
        self.open, self.text, self.ids = [], [], []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            assert name not in ("src", "href", "xlink:href", "action", "data"), (tag, name)
            assert not name.startswith("on"), (tag, name)
            if name == "id":
                self.ids.append(value)
        if tag not in self.empty:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.empty:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.text.append(data)


def checked(page):
    """The texts of a page, after checks that it is whole and needs nothing else."""
    checker = _Checker()
    checker.feed(page)
    checker.close()
    assert not checker.open
    assert len(set(checker.ids)) == len(checker.ids)
    style = "".join(re.findall(r"<style>(.*?)</style>", page, re.S))
    assert "url(" not in style and "@import" not in style
    addresses = {a for a in re.findall(r"https?://[^\"'\s<]+", page)}
    assert addresses <= {"http://www.w3.org/2000/svg"}
    return [t.translate({ord(c): None for c in MARKS}) for t in checker.text]


def graph(page):
    """The picture of a page, as an element tree."""
    return ET.fromstring(re.search(r'<svg xmlns.*?class="graph".*?\n</svg>', page, re.S)[0])


def _value(text):
    if text in ("True", "False"):
        return float(text == "True")
    return complex(text) if "j" in text else float(text)


def array_of(cells):
    """An array from (index, value) pairs such as ("W[0, 1]", "0.25")."""
    found = {}
    for tip in cells:
        where, _, number = tip.rpartition(" = ")
        index = re.search(r"\[([\d, ]+)\]$", where)
        key = tuple(int(i) for i in index[1].split(",")) if index else ()
        found[key] = _value(number)
    shape = tuple(max(k[i] for k in found) + 1 for i in range(len(next(iter(found)))))
    out = np.empty(shape, complex if any(isinstance(v, complex) for v in found.values()) else float)
    for key, value in found.items():
        out[key] = value
    return out


def panels(page):
    """Per step a dict: at, equations (texts), why, line, and parts.

    parts has per equation a list of words and (caption, array or None, "T" or "").
    """
    found = []
    for raw in re.findall(r"<section.*?</section>", page, re.S):
        section = ET.fromstring(raw)
        head = section.find("h2")
        spans = ["".join(s.itertext()) for s in head]
        parts = [_parts(eq) for eq in section.iter("div") if eq.get("class") == "eq"]
        reasons = [*section.findall("p"), *section.iter("figcaption")]
        found.append(
            {
                "at": spans[0],
                "equations": spans[1:],
                "why": " ".join("".join(p.itertext()) for p in reasons),
                "line": "".join(section.find("div").itertext()),
                "say": section.get("data-say"),
                "kind": section.get("class"),
                "parts": parts,
            }
        )
    return found


def _parts(equation):
    out = []
    for child in equation:
        if child.tag == "sup":
            caption, array, _ = out[-1]
            out[-1] = (caption, array, "T")
        elif child.get("class", "").startswith("m "):
            tips = [td.get("title") for td in child.iter("td") if td.get("title")]
            caption = "".join(child.find("b").itertext())
            out.append((caption, array_of(tips) if tips else None, ""))
        else:
            out.append("".join(child.itertext()))
    return out


def shown(page, step):
    """What the picture shows at a step: per card id, {"value": array, "gradient": array}."""
    found = {}
    for card in graph(page).iter(f"{SVG}g"):
        if "card" not in card.get("class", "").split():
            continue
        numbers = {}
        for group in card.iter(f"{SVG}g"):
            lane = group.get("class", "")
            if not lane.startswith("cells") or not _is_there(group, step):
                continue
            tips = [t.text for t in group.iter(f"{SVG}title")]
            kind = "value" if lane.endswith("f") else "gradient"
            assert kind not in numbers, "two sets of numbers in one place"
            numbers[kind] = array_of(tips)
            rounded = [t.text for t in group.iter(f"{SVG}text")]
            assert len(rounded) == len(tips)
        found[card.get("id")] = numbers
    return found


def _is_there(element, step):
    since, until = element.get("data-from"), element.get("data-to")
    return (since is None or int(since) <= step) and (until is None or step < int(until))
