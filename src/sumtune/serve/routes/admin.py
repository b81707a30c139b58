"""Loading and unloading adapters while the service runs."""

from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter, HTTPException

from sumtune.errors import SumtuneError
from sumtune.serve.adapters import InUseError, Served
from sumtune.serve.confine import OutsideError, confined
from sumtune.serve.http.errors import documented
from sumtune.serve.schema import AdapterInfo, AdapterRequest
from sumtune.serve.service import Service

__all__ = ["LoadAdapter", "routes"]

LoadAdapter = Callable[[str, Path], Served]
"""Loads the adapter of a run or adapter folder under a name."""


def routes(service: Service, load_adapter: LoadAdapter) -> APIRouter:
    """Return the routes under `/adapters`. `http.access` lets only the admin key change anything."""
    router = APIRouter(prefix="/adapters")

    @router.get("", responses=documented(401, 429))
    async def adapters() -> list[AdapterInfo]:
        """The adapters in service, the default first."""
        return [_info(served, default=at == 0) for at, served in enumerate(service.adapters.loaded())]

    @router.post("", status_code=201, responses=documented(400, 401, 403, 408, 409, 413, 422, 429, 503))
    async def load(body: AdapterRequest) -> AdapterInfo:
        """Load an adapter from a folder of the service's machine; answers when it can be asked for."""
        root = service.settings.adapter_root
        try:
            if root is None:
                raise OutsideError
            served = await service.adapters.load(
                body.name, lambda: load_adapter(body.name, confined(root, body.folder))
            )
        except InUseError as error:
            raise HTTPException(409, str(error)) from None
        except SumtuneError as error:
            raise HTTPException(422, str(error)) from None
        return _info(served, default=False)

    @router.delete("/{name}", status_code=204, responses=documented(401, 403, 404, 409, 429))
    async def unload(name: str) -> None:
        """Take an adapter out of service; summaries that it is writing are finished."""
        try:
            service.adapters.unload(name)
        except KeyError:
            raise HTTPException(404, "There is no such adapter.") from None
        except InUseError as error:
            raise HTTPException(409, str(error)) from None

    return router


def _info(served: Served, *, default: bool) -> AdapterInfo:
    return AdapterInfo(
        name=served.name,
        description=served.description,
        engine=served.summarizer.engine,
        max_source_tokens=served.max_source_tokens,
        beams=served.beams,
        default=default,
    )
