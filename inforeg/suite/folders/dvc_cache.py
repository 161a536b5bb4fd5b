"""DVC's cache and remote: folders taken out of them and put into them.

DVC's own commands write into the working tree file by file, rewrite data.dvc in place and believe what their
cache holds; these functions do none of this. Importing this takes half a second.
"""

import shutil
import sys
from pathlib import Path

from dvc.fs import LocalFileSystem
from dvc.repo import Repo
from dvc_data.hashfile.build import build
from dvc_data.hashfile.db import HashFileDB
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.transfer import transfer

from inforeg.errors import UserError
from inforeg.processes import reason, run
from inforeg.suite.folders import listing
from inforeg.suite.folders.hashes import md5_of
from inforeg.suite.remotes.remote import complaint


def take(root: Path, target: str, md5: str, folder: Path) -> bool:
    """Whether the cache or the remote of the DVC project `root` had `target`, now at the new `folder`.

    Args:
        root: the folder with .dvc inside.
        target: what messages call it, e.g. "data/watch".
        md5: its hash in data.dvc.
        folder: where it goes.

    Raises:
        UserError: one of them fails, or the remote does not have it; a clause.
    """
    with Repo(str(root)) as repo:
        remote, cache = repo.config["core"].get("remote"), repo.cache.local
    try:
        if _copied(cache, md5, folder):
            return True
        if not remote:
            return False
        # A process of its own: a remote may need plug-ins, threads and time-outs that are none of ours.
        done = run([sys.executable, "-m", __name__, str(root), md5], root)
        if _copied(cache, md5, folder):
            return True
        why = reason(done) if done.returncode else "it is not there"
    except UserError as error:
        damage = str(error).rstrip(".")
        raise UserError(f"DVC's cache does not give {target} ({damage}; delete that file)") from None
    raise UserError(f"DVC's remote {remote} does not give {target} ({why})")


def _copied(cache: HashFileDB, md5: str, folder: Path) -> bool:
    """Whether the cache has the folder `md5`, copied to `folder`; a `UserError` names a damaged object."""
    source = Path(cache.oid_to_path(md5))
    if not source.exists():
        return False
    places = listing.read(source.read_bytes(), md5, folder, str(source))
    if not all(Path(cache.oid_to_path(each)).exists() for each in places.values()):
        return False
    folder.mkdir()
    for place, each in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(cache.oid_to_path(each), place)
        if (found := md5_of(place)) != each:
            raise UserError(f"{cache.oid_to_path(each)} is damaged: its MD5 is {found}.")
    return True


def fetch(root: Path, md5: str) -> None:
    """Bring the folder `md5` from the default remote of the DVC project `root` into its cache.

    The listing is checked before anything that it names is asked for.
    """
    with Repo(str(root)) as repo:
        remote, cache = repo.cloud.get_remote_odb(None, "fetch"), repo.cache.local
        source = cache if cache.exists(md5) else remote
        with source.fs.open(source.oid_to_path(md5), "rb") as file:
            content = file.read()
        places = listing.read(content, md5, root, source.oid_to_path(md5))
        wanted = {HashInfo("md5", each) for each in places.values()}
        transfer(remote, cache, wanted, verify=True)
        if missing := sum(not cache.exists(each) for each in places.values()):
            raise UserError(f"{missing} of its files are missing or damaged")
        cache.add_bytes(md5, content)


def keep(root: Path, folder: Path) -> None:
    """Put `folder` into the cache, so that `dvc status` is clean and `dvc push` has something to push."""
    with Repo(str(root)) as repo:
        cache = repo.cache.local
        staging, _, tree = build(cache, str(folder), LocalFileSystem(), "md5")
        transfer(staging, cache, {tree.hash_info}, shallow=False)


if __name__ == "__main__":
    try:
        fetch(Path(sys.argv[1]), sys.argv[2])
    except Exception as failure:  # of whatever library the remote needs: one line for `take`
        sys.exit(f"ERROR: {complaint(failure)}")
