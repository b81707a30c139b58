"""Routes for the web page, the documentation, and the scores of the run."""

import logging
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import FileResponse

from sumtune.errors import RunDirError
from sumtune.files.records import read_record
from sumtune.files.run_dir import RunDir
from sumtune.serve.http.error_responses import documented_errors
from sumtune.serve.schema import RunScores
from sumtune.serve.state import AppState

__all__ = ["create_router", "read_run_scores"]

TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
logger = logging.getLogger(__name__)

METRICS = ("rouge1", "rouge2", "rougeL")
REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""The report has its style and script in itself, and its own policy allows only these. In the sandbox, no script in it
can reach the service or what the service's page stores."""


def create_router(state: AppState) -> APIRouter:
    """Return the routes `/`, `/docs`, `/page/…`, `/report` and `/run`."""
    router = APIRouter()
    contents = {file.name: file.read_bytes() for file in (files("sumtune.serve") / "page").iterdir()}

    def page(name: str) -> Response:
        if name not in contents:
            raise HTTPException(404, "There is no such file.")
        return Response(contents[name], media_type=TYPES[Path(name).suffix])

    @router.get("/", include_in_schema=False)
    async def start() -> Response:
        return page("index.html")

    @router.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return page("docs.html")

    @router.get("/page/{name}", include_in_schema=False)
    async def file(name: str) -> Response:
        return page(name)

    @router.get("/report", include_in_schema=False)
    def report() -> Response:
        if state.run_dir is None or not state.run_dir.report.is_file():
            raise HTTPException(404, "This run has no report: `sumtune report` writes one.")
        return FileResponse(
            state.run_dir.report, media_type="text/html", headers={"Content-Security-Policy": REPORT_POLICY}
        )

    @router.get("/run", responses=documented_errors(401, 429))
    def run() -> RunScores:
        """Scores of the run."""
        return read_run_scores(state.run_dir)

    return router


def read_run_scores(run_dir: RunDir | None) -> RunScores:
    """Return the scores of the run; its `systems` are empty if there are no scores or the file is damaged."""
    report = run_dir is not None and run_dir.report.is_file()
    scores_file = run_dir.evaluation / "scores.json" if run_dir else None
    if scores_file is not None and scores_file.is_file():
        try:
            return _parse_scores(scores_file).model_copy(update={"report": report})
        except (RunDirError, ValueError, LookupError, TypeError, AttributeError) as error:
            logger.warning("The page shows no scores: %s cannot be read (%s).", scores_file, type(error).__name__)
    return RunScores(split=None, n=0, systems=[], report=report)


def _parse_scores(scores_file: Path) -> RunScores:
    scores = read_record(scores_file)
    systems = [
        {"name": name, "chrf": system.get("chrf")} | {metric: system[metric] for metric in METRICS}
        for name, system in scores["systems"].items()
    ]
    return RunScores.model_validate({"split": scores["split"], "n": scores["n"], "systems": systems})
