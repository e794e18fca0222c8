"""The page of steps in a browser: played through, with keys, on a phone and on paper."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from browser import Browser, needs_browser
from drawings import leaf, net
from pages import OUTSIDE, panels, shown

import autograd_lite as ag

STATE = """JSON.stringify((function(){
var seen=function(el){return el.getBoundingClientRect().width>0&&
getComputedStyle(el).visibility==='visible'};
var all=function(what,el){return [...(el||document).querySelectorAll(what)]};
var cells={};
all('svg .card').forEach(function(c){cells[c.id]=all('.cells rect',c).filter(seen).length});
return {panel:all('.panels>section').map((p,i)=>seen(p)?i+1:0).filter(Boolean),
live:document.getElementById('live').textContent,
current:all('.strip [aria-current]').map(b=>b.textContent),cells:cells,
backward:all('svg .eb').filter(seen).length}})())"""
FOCUSED = "document.activeElement.getAttribute('aria-label')"
VISIBLE = """(function(){var s=document.querySelector('.stage').getBoundingClientRect();
return [...document.querySelectorAll('.card.on')].some(function(c){
var b=c.getBoundingClientRect();
return b.left>=s.left-1&&b.right<=s.right+1&&b.top>=s.top-1&&b.bottom<=s.bottom+1})})()"""
HIDDEN = """[...document.querySelectorAll('svg .card [data-from]:not([data-to])')].filter(
e=>!e.getBoundingClientRect().width).length"""


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_playing_it(tmp_path, scheme):
    played = ag.steps(net()["L"], report=SimpleNamespace(steps={}))
    path = played.save(tmp_path / "step.html")
    with Browser() as browser:
        browser.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        browser.open(path)
        for number in range(1, 12):
            state = json.loads(browser.run(STATE))
            assert state["panel"] == [number], number
            assert state["live"] == panels(played.html())[number - 1]["say"]
            assert state["current"] == [str(number)]
            # Numbers that are seen, by the browser, are those which belong to this step.
            expected = {}
            for id, numbers in shown(played.html(), number).items():
                expected[id] = sum(np.size(a) for a in numbers.values())
            assert state["cells"] == expected
            dashed = {6: 0, 7: 1, 8: 2, 9: 5, 10: 6, 11: 8}.get(number, 0)
            assert state["backward"] == dashed
            assert browser.run(OUTSIDE) == []
            browser.press("ArrowRight")
        assert browser.run("location.hash") == "#step=11"
        for key, place in (("ArrowLeft", 10), ("Home", 1), ("ArrowLeft", 1), ("End", 11)):
            browser.press(key)
            assert browser.run("location.hash") == f"#step={place}"
        assert browser.run("document.getElementById('next').disabled") is True
        browser.run("document.querySelectorAll('.strip button')[3].click()")
        assert browser.run("location.hash") == "#step=4"
        browser.run("location.hash = '#step=9'")
        assert json.loads(browser.run(STATE))["panel"] == [9]
        browser.open(path, "#step=7")
        assert json.loads(browser.run(STATE))["panel"] == [7]
        browser.open(path, "#step=99")
        assert json.loads(browser.run(STATE))["panel"] == [11]
        assert browser.problems == []


@needs_browser
def test_the_space_key_plays_and_stops_and_buttons_take_the_focus(tmp_path):
    path = ag.steps(net()["L"]).save(tmp_path / "step.html")
    with Browser() as browser:
        browser.media(prefers_reduced_motion="reduce")
        browser.open(path)
        word = "document.getElementById('play').textContent"
        browser.press(" ")
        assert browser.run(word) == "pause"
        browser.press(" ")
        assert browser.run(word) == "play"
        names = set()
        for _ in range(20):
            browser.press("Tab")
            names.add(browser.run(FOCUSED))
        assert {"next step", "play all steps", "step 9, backward, z2", "graph", "step"} <= names
        browser.run("document.getElementById('play').focus()")
        browser.press(" ")  # once, though the page listens too
        assert browser.run(word) == "pause"
        assert browser.problems == []


@needs_browser
def test_on_a_phone_on_paper_and_as_a_slider(tmp_path):
    h, w = leaf(np.ones(3), "x"), leaf(np.eye(3), "w")
    for _ in range(60):
        h = ag.tanh(h @ w)
    many = ag.steps(h.sum()).save(tmp_path / "many.html")
    few = ag.steps(net()["L"]).save(tmp_path / "few.html")
    wide = "document.documentElement.scrollWidth > innerWidth"
    with Browser(width=390, height=800) as browser:
        browser.media(prefers_reduced_motion="reduce")
        for path in (few, many):
            browser.open(path, "#step=9")
            assert browser.run(wide) is False
            browser.press("End")
            assert browser.run(VISIBLE) is True, "the card at work is in sight"
        browser.run("document.getElementById('slide').focus()")
        browser.press("ArrowLeft")
        count = browser.run("document.querySelectorAll('.panels>section').length")
        assert browser.run("location.hash") == f"#step={count - 1}"
        browser.open(few)
        browser.media("print")
        seen = "[...document.querySelectorAll('section')].every(s => s.checkVisibility("
        assert browser.run(seen + "{visibilityProperty: true}))") is True
        assert browser.run(HIDDEN) == 0, "on paper everything is there"
        assert browser.problems == []
