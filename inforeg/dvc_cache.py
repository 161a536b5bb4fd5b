"""DVC's cache and remote: folders taken out of them and put into them.

DVC's own commands write into the working tree file by file and rewrite data.dvc in place; while other
processes read both, these functions do neither. Importing this takes half a second.
"""

import logging
import subprocess
import sys
from pathlib import Path

from dvc.exceptions import DvcException
from dvc.fs import LocalFileSystem
from dvc.repo import Repo
from dvc_data.hashfile import load
from dvc_data.hashfile.build import build
from dvc_data.hashfile.checkout import CheckoutError, checkout
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.transfer import transfer

log = logging.getLogger(__name__)


def take(root: Path, target: str, md5: str, folder: Path) -> bool:
    """Whether the cache or the remote of the DVC project `root` had `target`, now at the new `folder`.

    Args:
        root: the folder with .dvc inside.
        target: what data.dvc calls it, e.g. "data/watch".
        md5: its hash there.
        folder: where it goes.
    """
    # A process of its own: a remote may need plug-ins, threads and time-outs that are none of ours.
    fetched = subprocess.run(
        [sys.executable, "-m", "dvc", "fetch", "--quiet", target],
        capture_output=True,
        check=False,
        cwd=root,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        with Repo(str(root)) as repo:
            remote = repo.config["core"].get("remote")
            cache = repo.cache.local
            checkout(str(folder), LocalFileSystem(), load(cache, HashInfo("md5", md5)), cache, quiet=True)
    except DvcException:
        return False  # not under git any more: `keep` says so
    except (FileNotFoundError, CheckoutError):
        if remote:
            reason = (fetched.stderr.strip().splitlines() or ["it is not there"])[0].removeprefix("ERROR: ")
            log.warning("DVC's remote %s does not give %s (%s): rebuilding it.", remote, target, reason)
        return False
    return True


def keep(root: Path, folder: Path) -> None:
    """Put `folder` into the cache, so that `dvc status` is clean and `dvc push` has something to push."""
    try:
        with Repo(str(root)) as repo:
            cache = repo.cache.local
            staging, _, tree = build(cache, str(folder), LocalFileSystem(), "md5")
            transfer(staging, cache, {tree.hash_info}, shallow=False)
    except DvcException as error:
        log.warning("DVC does not keep %s (%s); training needs no DVC.", folder, error)
