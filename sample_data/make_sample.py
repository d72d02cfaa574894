"""Make the sample district: ``python sample_data/make_sample.py [--out FOLDER] [--seed N]``.

The same seed gives the same data. Without ``--out`` it writes ``guancheng`` beside this script and brings the figures
in the READMEs up to date.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from recipe.district import SEED, make_district, write_district
from recipe.facts import facts_of, write_readmes

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Make the district and write its files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE / "guancheng", help="folder to write to")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    district = make_district(given.seed)
    write_district(district, given.out, given.seed)
    facts = facts_of(district)
    if given.out.resolve() == HERE / "guancheng" and given.seed == SEED:
        write_readmes(facts, HERE)
    size = sum(file.stat().st_size for file in given.out.rglob("*") if file.is_file())
    print(f"{given.out}: {facts['plots']} plots, {facts['zones']} zones, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
