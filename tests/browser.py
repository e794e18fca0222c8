"""A headless Chromium, driven over its debugging pipe; no package is needed."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

import pytest

PROGRAM = next(
    (
        p
        for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))
        if p
    ),
    None,
)
needs_browser = pytest.mark.skipif(
    PROGRAM is None or os.name != "posix", reason="no Chromium is installed"
)
FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-quic --remote-debugging-pipe"
).split()


class Browser:
    """One page; ``problems`` gathers console errors, exceptions and requests to anywhere else."""

    def __init__(self, width=1500, height=830, limit=60):
        self.limit = limit
        self.problems = []
        self.events = []
        self.count = 0
        self.rest = b""
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_browser, self.out = os.pipe()
        self.inside, from_browser = os.pipe()
        # The browser reads commands from descriptor 3 and writes answers to 4.
        script = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        command = [PROGRAM, *FLAGS, f"--user-data-dir={self.folder.name}"]
        self.process = subprocess.Popen(
            ["bash", "-c", script, "bash", *command, f"--window-size={width},{height}"],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.session = None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.inside)
        self.folder.cleanup()

    def send(self, method, **params):
        """Send a command and wait for its result."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        return self._until(lambda m: m.get("id") == self.count)["result"]

    def _until(self, wanted):
        end = time.monotonic() + self.limit
        while True:
            while b"\0" in self.rest:
                raw, _, self.rest = self.rest.partition(b"\0")
                message = json.loads(raw)
                assert "error" not in message, message
                self._note(message)
                if wanted(message):
                    return message
            ready = select.select([self.inside], [], [], max(0, end - time.monotonic()))[0]
            chunk = os.read(self.inside, 1 << 16) if ready else b""
            assert chunk, "the browser does not answer"
            self.rest += chunk

    def _note(self, message):
        method, params = message.get("method", ""), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.problems.append(params["exceptionDetails"])
        elif method == "Log.entryAdded" or method == "Runtime.consoleAPICalled":
            self.problems.append(params)
        elif method == "Network.requestWillBeSent":
            url = params["request"]["url"]
            if not url.startswith(("file:", "about:", "data:")):
                self.problems.append(url)
        elif method:
            self.events.append(method)

    def open(self, path, fragment=""):
        """Load a file, and wait until it has loaded."""
        # From one fragment of a page to another would be no load.
        for url in ("about:blank", f"file://{path}{fragment}"):
            self.events.clear()
            self.send("Page.navigate", url=url)
            if "Page.loadEventFired" not in self.events:
                self._until(lambda m: m.get("method") == "Page.loadEventFired")

    def run(self, script):
        """The value of a JavaScript expression."""
        found = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def media(self, medium="screen", **features):
        """Show the page as on paper, in a dark scheme, or with reduced motion."""
        pairs = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
        self.send("Emulation.setEmulatedMedia", media=medium, features=pairs)

    def press(self, key, code=None):
        """Press a key and let it go."""
        codes = {"ArrowRight": 39, "ArrowLeft": 37, "Home": 36, "End": 35, " ": 32, "Tab": 9}
        number = codes[key] if code is None else code
        words = {"key": key, "code": "Space" if key == " " else key}
        text = {"text": " "} if key == " " else {}
        self.send(
            "Input.dispatchKeyEvent", type="keyDown", windowsVirtualKeyCode=number, **words, **text
        )
        self.send("Input.dispatchKeyEvent", type="keyUp", windowsVirtualKeyCode=number, **words)

    def picture(self, path):
        """Save what is seen as PNG."""
        data = self.send("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
