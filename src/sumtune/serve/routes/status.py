"""What watches over the service: whether it lives, whether it can answer, and its numbers."""

from fastapi import APIRouter, HTTPException, Response

from sumtune.serve.asking import LOADING_RETRY_S
from sumtune.serve.http.errors import documented
from sumtune.serve.schema import EngineInfo, Health, Readiness
from sumtune.serve.service import Service

__all__ = ["routes"]


def routes(service: Service) -> APIRouter:
    """`/health`, `/ready` and `/metrics`."""
    router = APIRouter()

    @router.get("/health")
    async def health() -> Health:
        """Alive: answers as soon as the service listens."""
        return Health()

    @router.get("/ready", responses=documented(503))
    async def ready() -> Readiness:
        """Whether the models are loaded, and which engine decodes each."""
        if not service.adapters.ready:
            raise HTTPException(503, "The model is still being loaded.", {"Retry-After": str(LOADING_RETRY_S)})
        engines = [
            EngineInfo(model=served.name, engine=served.summarizer.engine, slower_because=served.slower_because)
            for served in service.adapters.in_memory()
        ]
        return Readiness(models=service.adapters.names, engines=engines)

    @router.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **documented(401, 429)},
    )
    async def metrics() -> Response:
        """Requests, queue, latencies, tokens and batch sizes, for Prometheus."""
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")

    return router
