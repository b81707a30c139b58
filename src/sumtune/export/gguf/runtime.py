"""llama.cpp, which runs GGUF files: the runtime of the proof."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sumtune.errors import ModelError

__all__ = ["RUNTIME", "LlamaCpp", "why_no_llama_cpp"]

RUNTIME = "llama-cpp-python"
BATCH_TOKENS = 512
ERROR_LEVEL = 4
_callbacks: list[Any] = []
"""Functions that llama.cpp calls, which must not be collected as garbage."""


def why_no_llama_cpp() -> str | None:
    """Return a sentence that says what to install; None if llama.cpp is installed."""
    if find_spec("llama_cpp") is None:
        return "llama-cpp-python is not installed: run `pip install 'sumtune[llama-cpp]'`."
    return None


@cache
def _collect_errors() -> list[str]:
    """Return a list to which llama.cpp adds its error messages. It prints nothing any more."""
    import llama_cpp

    errors: list[str] = []

    def add(level: int, text: bytes, _: object) -> None:
        if level == ERROR_LEVEL:
            errors.append(text.decode("utf-8", "replace"))

    _callbacks.append(llama_cpp.llama_log_callback(add))
    llama_cpp.llama_log_set(_callbacks[-1], None)
    return errors


@contextmanager
def _weights_as_they_are() -> Iterator[None]:
    """Let llama.cpp load models without repacking their weights.

    Products of weights that llama-cpp-python 0.3.36 repacks for AMX end the process with SIGILL in some virtual
    machines. `Llama` has no argument for it.
    """
    from llama_cpp import llama_cpp as library

    defaults = library.llama_model_default_params

    def changed() -> Any:
        parameters = defaults()
        parameters.use_extra_bufts = False
        return parameters

    library.llama_model_default_params = changed
    try:
        yield
    finally:
        library.llama_model_default_params = defaults


class LlamaCpp:
    """A GGUF file that llama.cpp runs on the CPU, with a LoRA adapter or without."""

    def __init__(self, model: Path, context_tokens: int, adapter: Path | None = None) -> None:
        """Load `model` for prompts and summaries of `context_tokens` together.

        Raises:
            ModelError: llama.cpp cannot read a file, or the adapter does not fit the model.
        """
        from llama_cpp import Llama

        errors, threads = _collect_errors(), os.cpu_count() or 1
        errors.clear()
        try:
            with _weights_as_they_are():
                self._llama: Any = Llama(
                    str(model), n_ctx=context_tokens, n_batch=BATCH_TOKENS, n_threads=threads, n_threads_batch=threads,
                    lora_path=None if adapter is None else str(adapter), verbose=False,
                )  # fmt: skip
        except (ValueError, RuntimeError) as error:
            raise _unreadable(adapter or model, errors or [str(error)]) from error
        if adapter is not None and errors:  # llama-cpp-python 0.3.36 goes on, and crashes later
            raise _unreadable(adapter, errors)

    @property
    def metadata(self) -> dict[str, str]:
        """Metadata of the file, without lists."""
        return dict(self._llama.metadata)

    def ids(self, text: str, *, add_start: bool) -> list[int]:
        """Return the tokens of a prompt. Texts of special tokens become these tokens, as in llama.cpp's servers.

        With `add_start`, the start token that the file asks for comes first.
        """
        return list(self._llama.tokenize(text.encode("utf-8"), add_bos=add_start, special=True))

    def write(self, prompt: Sequence[int], max_tokens: int, stop: Sequence[str], **search: float) -> str:
        """Return the text after `prompt`, up to an end token of the file, a text of `stop`, or `max_tokens`.

        Without `search`, the search is greedy.
        """
        self._llama.reset()
        search = {"temperature": 0.0, "repeat_penalty": 1.0} | search
        answer = self._llama.create_completion(list(prompt), max_tokens=max_tokens, stop=list(stop), **search)
        return str(answer["choices"][0]["text"]).strip()


def _unreadable(file: Path, errors: Sequence[str]) -> ModelError:
    return ModelError(f"llama.cpp cannot load {file.name}: {' '.join(''.join(errors).split())[:300]}")
