"""Java packages as people make them: classes compiled against the runtime's interfaces, in zips and in jars."""

import functools
import pathlib
import subprocess
import tempfile

from packages import ROLE, zip_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
INTERFACES = ROOT / "runtimes/java"


@functools.cache
def example():
    """The classes of runtimes/tests/java, as path to bytes."""
    sources = {str(path): path.read_text() for path in (ROOT / "runtimes/tests/java").rglob("*.java")}
    return classes(sources)


def classes(sources):
    """What `javac` makes of sources, given as path to text: path to bytes, for Java 8 and all later ones."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files = []
        for path, text in sources.items():
            files.append(folder / "source" / path.rsplit("/", 1)[-1])
            files[-1].parent.mkdir(exist_ok=True)
            files[-1].write_text(text)
        out = folder / "classes"
        command = ["javac", "-g", "-nowarn", "-encoding", "UTF-8", "-implicit:none", "-proc:none", "-sourcepath", INTERFACES]
        subprocess.run([*command, "-d", out, *files], check=True)
        return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.class")}


def jar(files):
    """A jar of these files."""
    return zip_of({"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\n\r\n"} | files)


def java(handler, package=None, runtime="java17", **more):
    """A Java function: what CreateFunction takes for it. The package is a zip, or the files of one."""
    package = example() if package is None else package
    zipped = package if isinstance(package, bytes) else jar(package)
    settings = {"Runtime": runtime, "Handler": handler, "Role": ROLE, "MemorySize": 512, "Timeout": 30}
    return settings | {"Code": {"ZipFile": zipped}} | more
