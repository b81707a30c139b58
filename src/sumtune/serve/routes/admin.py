"""Load and unload adapters at run time."""

from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter, HTTPException

from sumtune.errors import SumtuneError
from sumtune.serve.adapters import AdapterConflictError, LoadedModel
from sumtune.serve.http.error_responses import documented_errors
from sumtune.serve.safe_path import OutsideRootError, resolve_inside
from sumtune.serve.schema import AdapterInfo, AdapterRequest
from sumtune.serve.state import AppState

__all__ = ["LoadAdapter", "create_router"]

LoadAdapter = Callable[[str, Path], LoadedModel]
"""Load the adapter in a run folder or adapter folder under a name."""


def create_router(state: AppState, load_adapter: LoadAdapter) -> APIRouter:
    """Return the routes under `/adapters`. `ApiKeyAuth` requires the admin key for changes."""
    router = APIRouter(prefix="/adapters")

    @router.get("", responses=documented_errors(401, 429))
    async def adapters() -> list[AdapterInfo]:
        """List the loaded adapters, the default first."""
        return [_adapter_info(model, default=at == 0) for at, model in enumerate(state.adapters.loaded())]

    @router.post("", status_code=201, responses=documented_errors(400, 401, 403, 408, 409, 413, 422, 429, 503))
    async def load(body: AdapterRequest) -> AdapterInfo:
        """Load an adapter from a folder on the machine of the service. Responds when the adapter is ready."""
        root = state.settings.adapter_root
        try:
            if root is None:
                raise OutsideRootError
            model = await state.adapters.load(
                body.name, lambda: load_adapter(body.name, resolve_inside(root, body.folder))
            )
        except AdapterConflictError as error:
            raise HTTPException(409, str(error)) from None
        except SumtuneError as error:
            raise HTTPException(422, str(error)) from None
        return _adapter_info(model, default=False)

    @router.delete("/{name}", status_code=204, responses=documented_errors(401, 403, 404, 409, 429))
    async def unload(name: str) -> None:
        """Unload an adapter. Running requests finish."""
        try:
            state.adapters.unload(name)
        except KeyError:
            raise HTTPException(404, "There is no such adapter.") from None
        except AdapterConflictError as error:
            raise HTTPException(409, str(error)) from None

    return router


def _adapter_info(model: LoadedModel, *, default: bool) -> AdapterInfo:
    return AdapterInfo(
        name=model.name,
        description=model.description,
        engine=model.summarizer.engine,
        max_source_tokens=model.max_source_tokens,
        long="parts" if model.long == "parts" else "refused",
        beams=model.beams,
        default=default,
        styles=list(model.styles or ()),
    )
