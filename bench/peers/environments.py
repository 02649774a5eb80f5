"""An environment for each peer: made once below the user's cache folder, so that their pins and ours never meet."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path


class NotInstalled(Exception):
    """A peer could not be installed; says what pip said."""


def python_with(requirements: tuple[str, ...]) -> Path:
    """The interpreter of an environment that has these packages, made now if it is not there yet.

    Raises:
        NotInstalled: pip did not get them.
    """
    wanted = "\n".join((sys.version, *requirements))
    folder = _cache() / hashlib.sha256(wanted.encode()).hexdigest()[:16]
    python, ready = folder / "bin" / "python", folder / "ready"
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(python), "-m", "pip", "install", "--quiet", *requirements)
        ready.write_text(wanted, encoding="utf-8")
    return python


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "thidua-bench"


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.startswith("ERROR")]
        raise NotInstalled(said[-1] if said else f"{Path(words[0]).name} ended with {done.returncode}")
