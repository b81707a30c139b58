"""`sumtune push`: upload an adapter and its card to the Hugging Face hub."""

from pathlib import Path
from tempfile import TemporaryDirectory

from sumtune.data.hub import hub_is_reachable
from sumtune.errors import ConfigError
from sumtune.files.run_dir import RunDir
from sumtune.report.hub_folder import write_hub_folder

__all__ = ["push_run"]


def push_run(run_dir: RunDir, repo_id: str, *, private: bool) -> str:
    """Upload the adapter of a scored run to the model repository `repo_id`, and return its address.

    The repository is created if it does not exist; what it holds under other names stays.

    Raises:
        RunDirError: the folder holds no scored run, or its adapter is damaged.
        ConfigError: the name is invalid, the hub cannot be reached or refuses, or the repository is public and
            `private` is True.
    """
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    from huggingface_hub.errors import HTTPError as NetworkError  # type: ignore[attr-defined]  # of its HTTP client
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise ConfigError(f"{repo_id!r} cannot be the name of a repository: {error}") from None
    if repo_id.count("/") != 1:
        raise ConfigError(f"{repo_id!r} cannot be the name of a repository: expected OWNER/NAME.")
    with TemporaryDirectory() as folder:
        write_hub_folder(run_dir, repo_id, Path(folder))
        if not hub_is_reachable():
            raise ConfigError(_offline("this machine seems offline"))
        try:
            return _upload(repo_id, folder, private)
        except HfHubHTTPError as error:
            raise ConfigError(_refused(repo_id, error)) from None
        except (NetworkError, ConnectionError) as error:  # offline mode is a ConnectionError
            raise ConfigError(_offline(str(error).splitlines()[0])) from None


def _upload(repo_id: str, folder: str, private: bool) -> str:
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi()
    created = api.create_repo(repo_id, private=private, exist_ok=True)
    if private and not api.model_info(repo_id).private:
        raise ConfigError(
            f"{repo_id} exists and is public: nothing was uploaded. Make it private on the hub, or choose another name."
        )
    files = [CommitOperationAdd(file.name, file) for file in sorted(Path(folder).iterdir())]
    api.create_commit(repo_id, files, commit_message="Upload adapter and model card")  # all files or none
    return str(created)


def _refused(repo_id: str, error: Exception) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        return (
            f"The hub does not allow you to write to {repo_id}: log in with `hf auth login`, or set HF_TOKEN to a "
            "token that may write."
        )
    return f"The hub refuses {repo_id}: {str(error).splitlines()[0]}"


def _offline(reason: str) -> str:
    return f"`sumtune push` needs the Hugging Face hub, which cannot be reached: {reason}. Nothing was uploaded."
