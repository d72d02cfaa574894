# ruff: noqa: INP001 - a script, not a package
"""Fetch the vendored browser assets again from npm and write their lock file.

Usage: ``python scripts/refresh_assets.py [leaflet version]``. Needs npm and the network; run by hand only. The lock
states name, version, licence and sha256 of every file, and a test compares the files with it.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ASSETS = Path(__file__).parent.parent / "src" / "fringe" / "maps" / "assets"
# npm name: default version, files in the package -> names in assets/vendor.
PACKAGES: dict[str, tuple[str, dict[str, str]]] = {
    "leaflet": (
        "1.9.4",
        {
            "dist/leaflet.js": "leaflet.js",
            "dist/leaflet.css": "leaflet.css",
            "dist/images/layers.png": "layers.png",
            "dist/images/layers-2x.png": "layers-2x.png",
            "dist/images/marker-icon.png": "marker-icon.png",
            "dist/images/marker-icon-2x.png": "marker-icon-2x.png",
            "dist/images/marker-shadow.png": "marker-shadow.png",
            "LICENSE": "leaflet.LICENSE",
        },
    ),
    "jquery": ("3.7.1", {"dist/jquery.min.js": "jquery.js", "LICENSE.txt": "jquery.LICENSE"}),
    "fflate": ("0.8.3", {"LICENSE": "fflate.LICENSE"}),
    "leaflet.markercluster": (
        "1.5.3",
        {
            "dist/leaflet.markercluster.js": "leaflet.markercluster.js",
            "dist/MarkerCluster.css": "MarkerCluster.css",
            "dist/MarkerCluster.Default.css": "MarkerCluster.Default.css",
            "MIT-LICENCE.txt": "leaflet.markercluster.LICENSE",
        },
    ),
}
# A library of which a page needs a part: what it is called there, and the name of the part in assets/vendor.
PARTS = {"fflate": ("gunzipSync", "fflate.js")}
# Cuts out parts and makes them small, for browsers that are older than what they are needed for.
CUTTER, OLDEST = "esbuild@0.28.2", "chrome64,firefox67"


def fetch(name: str, version: str, files: dict[str, str], target: Path) -> dict[str, object]:
    """Unpack the wanted files of one npm package and return its entry of the lock."""
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(  # noqa: S603 - fixed program, names from the table above
            ["npm", "pack", f"{name}@{version}", "--silent"],  # noqa: S607
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        with tarfile.open(Path(folder) / packed) as archive:
            archive.extractall(folder, filter="data")
        package = Path(folder) / "package"
        about = json.loads((package / "package.json").read_text(encoding="utf-8"))
        hashes = cut(name, version, package, target) if name in PARTS else {}
        for inside, outside in files.items():
            # A fixed line end, so that a hash does not depend on git's settings.
            data = (package / inside).read_bytes()
            data = data if outside.endswith(".png") else data.replace(b"\r\n", b"\n")
            (target / outside).write_bytes(data)
            hashes[outside] = hashlib.sha256(data).hexdigest()
    return {
        "version": about["version"],
        "licence": about["license"],
        "package": f"{name} (npm)",
        "sha256": hashes,
    }


def cut(name: str, version: str, package: Path, target: Path) -> dict[str, str]:
    """Write the part of a package that is needed, and return its hash by its name."""
    part, outside = PARTS[name]
    owner = (package / "LICENSE").read_text(encoding="utf-8").split("Copyright")[1].splitlines()[0].strip()
    entry = package / "entry.mjs"
    entry.write_text(f"import {{ {part} }} from './esm/browser.js';\nwindow.{name} = {{ {part} }};\n", encoding="utf-8")
    flags = ["--bundle", "--minify", "--format=iife", f"--target={OLDEST}", "--charset=utf8", "--log-level=error"]
    banner = f"--banner:js=/* {name} {version} ({part}), MIT, {owner} */"
    made = subprocess.run(  # noqa: S603 - fixed program, names from the table above
        ["npm", "exec", "--yes", "--", CUTTER, str(entry), *flags, banner],  # noqa: S607
        cwd=package,
        check=True,
        capture_output=True,
    ).stdout
    (target / outside).write_bytes(made)
    return {outside: hashlib.sha256(made).hexdigest()}


def main(version: str | None = None) -> None:
    """Refresh every package; `version` is Leaflet's."""
    target = ASSETS / "vendor"
    target.mkdir(parents=True, exist_ok=True)
    lock = {
        name: fetch(name, version if version and name == "leaflet" else wanted, files, target)
        for name, (wanted, files) in PACKAGES.items()
    }
    text = json.dumps(lock, indent=2, sort_keys=True) + "\n"
    (ASSETS / "assets.lock.json").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(*sys.argv[1:2])
