"""What `cargo xtask ci` makes in target/programs, as packages of functions and layers."""

import io
import os
import pathlib
import zipfile

MADE = pathlib.Path(__file__).resolve().parents[2] / "target/programs"
RUST = MADE / "rust/debug"
ADAPTER = MADE / "adapter/bin/lambda-adapter"


def package(*folders, files=None, under="", leave_out=("/tests/", "/__pycache__/", "/.bin/")):
    """A zip of folders and of files (name to bytes, text, or (text, mode)), with the modes they have."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for folder in folders:
            for path in below(folder):
                inside = f"/{path.relative_to(folder)}"
                if not any(part in inside for part in leave_out):
                    archive.write(path, f"{under}{inside}".lstrip("/"))
        for name, content in (files or {}).items():
            data, mode = content if isinstance(content, tuple) else (content, 0o644)
            entry = zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6))
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return made.getvalue()


def binary(name):
    """A program of tests/programs/rust, as `files` of a package takes it."""
    return ((RUST / name).read_bytes(), 0o755)


def below(folder):
    """All files below a folder, in a fixed order."""
    assert folder.is_dir(), f"{folder} is missing: `cargo xtask ci` makes it"
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = pathlib.Path(root, name)
            if path.is_file():
                yield path
