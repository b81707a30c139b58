"""Ways in which a file goes bad."""

from pathlib import Path


def flip(file: Path) -> None:
    """Flips a bit in the middle."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x10
    file.write_bytes(content)


def truncate(file: Path) -> None:
    """Cuts the end off."""
    file.write_bytes(file.read_bytes()[:-7])


DAMAGES = [flip, truncate, Path.unlink]
