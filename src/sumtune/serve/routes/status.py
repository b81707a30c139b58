"""Health, readiness and metrics."""

from fastapi import APIRouter, HTTPException, Response

from sumtune.serve.http.error_responses import documented_errors
from sumtune.serve.schema import EngineInfo, HealthResponse, ReadyResponse
from sumtune.serve.state import AppState
from sumtune.serve.submission import LOADING_RETRY_S

__all__ = ["create_router"]


def create_router(state: AppState) -> APIRouter:
    """Return the routes `/health`, `/ready` and `/metrics`."""
    router = APIRouter()

    @router.get("/health")
    async def health() -> HealthResponse:
        """Return 200 as soon as the service listens."""
        return HealthResponse()

    @router.get("/ready", responses=documented_errors(503))
    async def ready() -> ReadyResponse:
        """Return 200 when the models are loaded, with the engine of each model."""
        if not state.adapters.ready:
            raise HTTPException(503, "The model is still loading.", {"Retry-After": str(LOADING_RETRY_S)})
        engines = [
            EngineInfo(model=model.name, engine=model.summarizer.engine, slower_because=model.slower_because)
            for model in state.adapters.in_memory()
        ]
        return ReadyResponse(models=state.adapters.names, engines=engines)

    @router.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **documented_errors(401, 429)},
    )
    async def metrics() -> Response:
        """Requests, latencies, queue, batch sizes and tokens in Prometheus format."""
        return Response(state.metrics.text(), media_type="text/plain; version=0.0.4")

    return router
