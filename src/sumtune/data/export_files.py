"""Find and read the files of an export: one file, an archive, or a folder."""

from pathlib import Path, PurePath

from sumtune.data.data_source import find_source
from sumtune.data.file_kind import is_text_export
from sumtune.data.folder import is_metadata, list_files, names_a_split
from sumtune.data.readers import read_file
from sumtune.data.saved_dataset import is_saved_dataset
from sumtune.data.slack_export_folder import is_slack_channel, is_slack_export, read_slack_channel, read_slack_export
from sumtune.data.table import Table

__all__ = ["export_tables"]


def export_tables(path: Path) -> list[Table]:
    """Return the tables of an export. A folder whose files name no splits is an export in several files.

    Raises:
        DataError: `path` cannot be read.
    """
    if not path.is_dir() or is_saved_dataset(path):
        return find_source(str(path)).read()
    files = [file for file in list_files(path) if not is_metadata(file)]
    if is_slack_export(files):
        return [read_slack_export(str(path), path.name, files, lambda file: (path / file).read_bytes())]
    if is_slack_channel(files):
        return [read_slack_channel(path, files)]
    texts = [PurePath(entry.name) for entry in sorted(path.iterdir()) if is_text_export(entry.name)]
    several = () if any(map(names_a_split, files)) else files or texts
    tables = [table for file in several for table in read_file(path / file, name=str(file))]
    return tables or find_source(str(path)).read()
