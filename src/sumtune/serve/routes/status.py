"""What watches over the service: whether it lives, whether it can answer, and its numbers."""

from fastapi import APIRouter, HTTPException, Response

from sumtune.serve.http.error_responses import documented_errors
from sumtune.serve.schema import EngineInfo, HealthResponse, ReadyResponse
from sumtune.serve.state import AppState
from sumtune.serve.submission import LOADING_RETRY_S

__all__ = ["create_router"]


def create_router(state: AppState) -> APIRouter:
    """`/health`, `/ready` and `/metrics`."""
    router = APIRouter()

    @router.get("/health")
    async def health() -> HealthResponse:
        """Alive: answers as soon as the service listens."""
        return HealthResponse()

    @router.get("/ready", responses=documented_errors(503))
    async def ready() -> ReadyResponse:
        """Whether the models are loaded, and which engine decodes each."""
        if not state.adapters.ready:
            raise HTTPException(503, "The model is still being loaded.", {"Retry-After": str(LOADING_RETRY_S)})
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
        """Requests, queue, latencies, tokens and batch sizes, for Prometheus."""
        return Response(state.metrics.text(), media_type="text/plain; version=0.0.4")

    return router
