"""A small part of the Hugging Face hub's API on this machine: repositories, LFS uploads and commits of models."""

import base64
import json
import re
import threading
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml
from huggingface_hub import constants

TOKEN = "hf_of_a_test"
CARD = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


class FakeHub(ThreadingHTTPServer):
    """What was uploaded: repositories by id, each with `private` and the content of its files."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories, self.objects, self.requests = {}, {}, []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def use(self, patch):
        """Let huggingface_hub ask this hub until `patch`, a `MonkeyPatch`, is undone."""
        patch.delenv("HF_HUB_OFFLINE", raising=False)
        patch.setenv("HF_TOKEN", TOKEN)
        patch.setenv("HF_ENDPOINT", self.url)
        for name, value in {"HF_HUB_OFFLINE": False, "ENDPOINT": self.url, "HF_HUB_DISABLE_XET": True}.items():
            patch.setattr(constants, name, value)


@contextmanager
def running_hub():
    hub = FakeHub()
    thread = threading.Thread(target=hub.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Answers as the hub does, as far as `sumtune push` asks."""

    def log_message(self, *arguments):
        pass

    def answer(self, content, status=200):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_GET(self):
        name = self.path.removeprefix("/api/models/").partition("?")[0]
        if (found := self.server.repositories.get(name)) is None:
            self.answer({"error": "Repository not found"}, 404)
        else:
            self.answer({"id": name, "private": found["private"], "siblings": [], "sha": "0" * 40})

    def do_PUT(self):
        content = self.body()
        self.server.objects[sha256(content).hexdigest()] = content
        self.answer({})

    def do_POST(self):
        self.server.requests.append(self.path)
        content = self.body()
        if self.path == "/api/validate-yaml":
            self.validate(json.loads(content)["content"])
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer({"error": "Invalid username or password."}, 401)
        elif self.path == "/api/repos/create":
            self.create(json.loads(content))
        elif "/preupload/" in self.path:
            large = [one["path"] for one in json.loads(content)["files"] if one["path"].endswith(".safetensors")]
            modes = {one["path"]: "lfs" if one["path"] in large else "regular" for one in json.loads(content)["files"]}
            self.answer({"files": [{"path": p, "uploadMode": m, "shouldIgnore": False} for p, m in modes.items()]})
        elif self.path.endswith("/info/lfs/objects/batch"):
            actions = {"upload": {"href": f"{self.server.url}/upload"}}
            self.answer({"objects": [one | {"actions": actions} for one in json.loads(content)["objects"]]})
        elif "/commit/" in self.path:
            self.commit([json.loads(line) for line in content.splitlines()])
        else:
            self.answer({"error": "not part of this fake"}, 501)

    def validate(self, card):
        """Check what the hub checks of the metadata, as far as sumtune writes them."""
        found = CARD.match(card)
        data = yaml.safe_load(found[1]) if found else None
        known = isinstance(data, dict) and data.get("library_name") == "peft"
        results = [one for model in data["model-index"] for one in model["results"]] if known else []
        valid = known and all(isinstance(metric["value"], float) for one in results for metric in one["metrics"])
        self.answer(
            {"errors": [] if valid else [{"message": "invalid metadata"}], "warnings": []}, 200 if valid else 400
        )

    def create(self, wanted):
        name = f"{wanted['organization']}/{wanted['name']}"
        if name in self.server.repositories:
            self.answer({"error": "exists", "url": f"{self.server.url}/{name}"}, 409)
        else:
            private = wanted.get("private") or wanted.get("visibility") == "private"
            self.server.repositories[name] = {"private": bool(private), "files": {}}
            self.answer({"url": f"{self.server.url}/{name}", "id": "0", "name": name})

    def commit(self, lines):
        name = "/".join(self.path.split("/")[3:5])
        files = self.server.repositories[name]["files"]
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.server.objects[value["oid"]]
        self.answer({"commitUrl": f"{self.server.url}/{name}/commit/{'0' * 40}", "commitOid": "0" * 40})
