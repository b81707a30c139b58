"""Import PEFT without bitsandbytes, which only weights in 4 bits need."""

import sys

__all__ = ["import_peft", "use_bitsandbytes"]


def import_peft() -> None:
    """Import PEFT and tell it that bitsandbytes is not installed, unless that has been imported already.

    PEFT imports bitsandbytes wherever it is installed. That takes several times as long as PEFT itself and may
    download compiled code (see `quantization`).
    """
    if "peft" in sys.modules or "bitsandbytes" in sys.modules:
        return
    sys.modules["bitsandbytes"] = None  # type: ignore[assignment]
    try:
        from peft import import_utils

        import_utils.is_bnb_available()
        import_utils.is_bnb_4bit_available()  # PEFT caches both answers
    finally:
        del sys.modules["bitsandbytes"]


def use_bitsandbytes() -> None:
    """Let PEFT ask again whether bitsandbytes is installed."""
    if "peft" in sys.modules:
        from peft import import_utils

        import_utils.is_bnb_available.cache_clear()
        import_utils.is_bnb_4bit_available.cache_clear()
