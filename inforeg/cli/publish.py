"""`inforeg publish`: keep a replication's results in version control, or compare with what is kept."""

import argparse
import re
from pathlib import Path

from inforeg.cli.options import Commands, Made, add_command, placed
from inforeg.errors import UserError
from inforeg.suite.project import Project
from inforeg.suite.replication import PUBLISHED

TAG = r"[A-Za-z0-9][A-Za-z0-9._-]*"

PUBLISH = """\
Copy tables, figures, statistics, claims, document, run summaries and provenance of the replication that
`snakemake --cores all` made to results/published/TAG, in the place of what is there, and with them those of
every other target that was made, and their collected runs, of which `inforeg collect NAME --published TAG`
makes them anew without training. What `all` makes must come from one commit without changes; what the others
make may come from several such commits.

With TARGETs, experiments and protocols outside `all`, keep these alone, beside others of their kind.

With --check, say instead how far the two are apart in what both have: whether they are of one commit and one
machine, the largest differences of each table, the verdicts that differ, and whether means differ by more
than seed noise. What names the machine alone, such as versions and PDF metadata, is told apart and is no
difference."""


def register(commands: Commands) -> None:
    """Add `publish`."""
    parser = add_command(commands, "publish", "keep a replication's results under a tag", PUBLISH)
    parser.add_argument("tag", metavar="TAG", help="name of the release, e.g. v0.1")
    parser.add_argument("targets", metavar="TARGET", nargs="*", help="outside `all`, e.g. headline")
    parser.add_argument("--results", type=Path, default=Made("."), metavar="DIR", help="what was made")
    parser.add_argument(
        "--check",
        action="store_true",
        help="compare with what is kept and say how far apart they are; status 2 if what was found differs",
    )
    parser.set_defaults(run=placed(publish))


def publish(args: argparse.Namespace) -> None:
    """Copy, or compare."""
    from inforeg.suite.publish import check
    from inforeg.suite.publish import publish as keep

    refuse_no_tag(args.tag)
    project, target = Project(), args.results / PUBLISHED / args.tag
    if not args.check:
        keep(project, args.results, target, args.targets)
        print(f"{target} holds {', '.join(args.targets) or 'this replication'}")
        return
    found, scope = check(project, args.results, target, args.targets)
    for line in (*scope, *found.lines):
        print(line)
    if found.named:
        print(f"Only what names the machine differs in {', '.join(found.named)}.")
    if found.files:
        raise UserError(
            f"{target} differs from this replication in {len(found.files)} files, the first of them "
            f"{found.files[0]}; the two are of {found.why}."
        )
    where = f" in all that was found; the two are of {found.why}" if found.named else ""
    print(f"{target} is this replication, byte for byte{where}")


def refuse_no_tag(tag: str) -> None:
    """Raise where `tag` can be the name of no release."""
    if not re.fullmatch(TAG, tag):
        raise UserError(f"{tag!r} is no tag; give letters, digits, dots and dashes, as in v0.1.")
