"""What transformers prints: nothing but errors, because the commands show their own progress."""

import logging

__all__ = ["quieten_transformers"]


def quieten_transformers() -> None:
    """Turn off progress bars and warnings of transformers in this process."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.getLogger("transformers").setLevel(logging.ERROR)
