"""What watches over the service: whether it lives, whether it can answer, and its numbers."""

from fastapi import APIRouter, HTTPException, Response

from sumtune.serve.asking import LOADING_RETRY_S
from sumtune.serve.http.errors import documented
from sumtune.serve.schema import Health, Readiness
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
        """Whether the models are loaded."""
        if not service.adapters.ready:
            raise HTTPException(503, "The model is still being loaded.", {"Retry-After": str(LOADING_RETRY_S)})
        return Readiness(models=service.adapters.names)

    @router.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **documented(401, 429)},
    )
    async def metrics() -> Response:
        """Requests, queue, latencies, tokens and batch sizes, for Prometheus."""
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")

    return router
