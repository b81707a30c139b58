"""The FastAPI application: middleware, routes and startup."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware import Middleware

from sumtune.errors import ModelError
from sumtune.files.run_dir import RunDir
from sumtune.serve.adapters import Adapters, LoadedModel, Loader
from sumtune.serve.engine import Engine
from sumtune.serve.http.api_key_auth import ApiKeyAuth
from sumtune.serve.http.body_limit import BodyLimit
from sumtune.serve.http.connections import ConnectionLimit
from sumtune.serve.http.error_responses import add_error_handlers
from sumtune.serve.http.rate_limit import RateLimit
from sumtune.serve.http.request_log import RequestLog
from sumtune.serve.http.security_headers import SecurityHeaders
from sumtune.serve.metrics import Metrics
from sumtune.serve.routes import admin, openai, pages, status, summarize
from sumtune.serve.settings import ServeSettings
from sumtune.serve.state import AppState
from sumtune.versions import version

__all__ = ["create_app"]


def _refuse_to_load(_name: str, folder: Path) -> LoadedModel:
    raise ModelError(f"This service cannot load {str(folder)!r}.")


def create_app(
    loads: Mapping[str, Loader],
    *,
    load_adapter: admin.LoadAdapter = _refuse_to_load,
    load_base: Loader | None = None,
    settings: ServeSettings | None = None,
    run_dir: RunDir | None = None,
    on_loaded: Callable[[BaseException | None], None] = lambda _error: None,
) -> FastAPI:
    """Return the application. It runs the loaders in `loads` in the background, and is ready when they have finished.

    The keys of `loads` are the names of the models; the first is the default.

    `load_adapter` loads more adapters on request; `load_base` loads the base model on first use.
    `on_loaded` is called when startup loading has ended, with the error if it failed.
    """
    settings = settings or ServeSettings()
    metrics = Metrics()
    state = AppState(settings, metrics, Engine(settings, metrics), Adapters(loads, load_base), run_dir)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        state.engine.start()
        loading = asyncio.create_task(state.adapters.load_all())
        loading.add_done_callback(lambda task: None if task.cancelled() else on_loaded(task.exception()))
        yield
        loading.cancel()
        await state.engine.close()

    app = FastAPI(
        title="sumtune",
        version=version("sumtune"),
        description="Summarizes conversations with a tuned model.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=_middleware(settings, metrics),
    )
    add_error_handlers(app)
    for router in (
        summarize.create_router(state),
        openai.create_router(state),
        admin.create_router(state, load_adapter),
        pages.create_router(state),
        status.create_router(state),
    ):
        app.include_router(router)
    return app


def _middleware(settings: ServeSettings, metrics: Metrics) -> list[Middleware]:
    """Return the middleware, the outermost first."""
    return [
        Middleware(RequestLog, metrics=metrics),
        Middleware(SecurityHeaders),
        Middleware(ConnectionLimit),
        Middleware(ApiKeyAuth, keys=settings.api_keys, admin_key=settings.admin_key),
        Middleware(RateLimit, per_minute=settings.requests_per_minute),
        Middleware(BodyLimit, max_bytes=settings.max_body_bytes, timeout_s=settings.body_timeout_s),
    ]
