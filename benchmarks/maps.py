"""A map of many polygons beside `folium.GeoJson` with style, tooltip and popup: the file, and the page in a browser.

    python -m benchmarks.maps --sizes 10000 --runs 3
    python -m benchmarks.maps --sizes 100000 --runs 1
    python -m benchmarks.maps --sizes 500000 --runs 1 --alone

Both pages are offline: Folium's gets the same Leaflet written into it, and none of its other files, which these layers
do not call. Runs alternate. Needs Chromium and `playwright`; Folium's page of 100 000 polygons takes minutes and
gigabytes.

*painted* is when the first whole picture stands, since navigation, and *busy* what the page's main thread has worked
until then (on a loaded machine the truer figure); *heap* is what JavaScript holds after a collection, the table for
popups included; *gap* is the longest time between two frames while a mouse drags the map; *popup* is from the first
click on a polygon to its popup, at once after painting; *writing* is CPU seconds from the frame to the file.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.maps import Map
from fringe.maps.offline import asset

STATUSES = ["planned", "under_way", "planted", "accepted", "kept", "lost"]
COLOURS = dict(zip(STATUSES, ["#dddddd", "#f0c36d", "#9fc98b", "#5aa469", "#1f6a3c", "#a63c2b"], strict=True))
FIELDS = ["plot", "name", "status", "green_class", "claimed_m2"]
WINDOW = {"width": 1366, "height": 768}
PATIENCE_MS = 900_000
SETTLE_S = 3
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
         "--enable-precise-memory-info"]  # fmt: skip
# What is measured: its unit, and how many times better is "good" (for the ratio: baseline / own).
FIGURES = {"file": "MB", "painted": "ms", "busy": "ms", "heap": "MB", "gap": "ms", "popup": "ms", "writing": "s CPU"}

PAINTED = """() => {
  const say = () => { window.paintedAt = performance.now(); };
  const done = () => requestAnimationFrame(() => requestAnimationFrame(say));
  if (FOLIUM) { addEventListener('load', done); return; }
  new MutationObserver((_, watch) => {
    if (!document.documentElement || !document.documentElement.hasAttribute('data-painted')) return;
    watch.disconnect();
    done();
  }).observe(document, { attributes: true, subtree: true, childList: true });
}"""
# Pixels of places near the middle of the map.
SPOTS = """places => {
  const map = window.fringe ? fringe.map : window[Object.keys(window).find(name => /^map_/.test(name))];
  const frame = map.getContainer().getBoundingClientRect(), size = map.getSize();
  const far = p => Math.hypot(p.x - size.x / 2, p.y - size.y / 2);
  return places.map(place => map.latLngToContainerPoint(place)).sort((a, b) => far(a) - far(b)).slice(0, 60)
    .map(p => [p.x + frame.left, p.y + frame.top]);
}"""
WATCH_POPUP = """() => {
  addEventListener('mousedown', () => { window.pressedAt = performance.now(); }, true);
  new MutationObserver(() => {
    if (document.querySelector('.leaflet-popup-content td') && !window.popupMs) {
      window.popupMs = performance.now() - window.pressedAt;
    }
  }).observe(document.body, { childList: true, subtree: true });
}"""
WATCH_FRAMES = """() => {
  window.gaps = [];
  let last = performance.now();
  const frame = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""


def make_polygons(n: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return n irregular plots of 6 to 55 vertices (31 in the mean) with the columns of a ledger."""
    counts = rng.integers(6, 56, n)
    owner = np.repeat(np.arange(n), counts)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    angle = (place + rng.uniform(-0.3, 0.3, len(owner))) / counts[owner] * 2 * np.pi
    radius = np.clip(rng.lognormal(np.log(45), 0.45, n), 10, 300)
    lobes = 0.2 * np.sin(2 * angle + 1) * rng.uniform(0, 1, n)[owner]
    reach = radius[owner] * (0.78 + lobes + rng.uniform(-0.08, 0.08, len(owner)))
    middle = np.array([450_000.0, 3_840_000.0]) + rng.random((n, 2)) * np.sqrt(n) * 220
    xy = middle[owner] + reach[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    shapes = shapely.polygons(shapely.linearrings(xy, indices=owner))
    return gpd.GeoDataFrame(
        {
            "name": [f"地块 {at:06}" for at in range(n)],
            "status": rng.choice(STATUSES, n),
            "green_class": rng.choice(["G1", "G2", "EG"], n),
            "claimed_m2": np.round(shapely.area(shapes) * rng.normal(1, 0.1, n), 1),
        },
        geometry=shapes,
        crs="EPSG:4547",
        index=pd.Index([f"P{at:06}" for at in range(n)], name="plot"),
    )


def write_fringe(plots: gpd.GeoDataFrame, path: Path) -> None:
    Map("Plots", lang="en").draw(plots).save(path)


def write_folium(plots: gpd.GeoDataFrame, path: Path) -> None:
    """Write Folium's page with Leaflet inside and no other file linked."""
    shown = plots.reset_index().to_crs("EPSG:4326")
    west, south, east, north = shown.total_bounds
    made = folium.Map(tiles=None)
    folium.GeoJson(
        shown,
        style_function=lambda row: {
            "fillColor": COLOURS[row["properties"]["status"]],
            "color": "#333333",
            "weight": 1,
            "fillOpacity": 0.8,
        },
        tooltip=folium.GeoJsonTooltip(FIELDS),
        popup=folium.GeoJsonPopup(FIELDS),
    ).add_to(made)
    made.fit_bounds([[south, west], [north, east]])
    figure = made.get_root()
    made.default_js, made.default_css = [], []
    leaflet = f"<style>{asset('vendor/leaflet.css')}</style><script>{asset('vendor/leaflet.js')}</script>"
    text = figure.render()
    head = text.index("<head>") + len("<head>")
    path.write_text(text[:head] + leaflet + text[head:], encoding="utf-8")


def measure(browser: Any, path: Path, places: list[list[float]]) -> dict[str, float]:
    """Return the figures of a page in a fresh, offline window."""
    # The page before is still being torn down, which takes a core of its own.
    time.sleep(SETTLE_S)
    context = browser.new_context(viewport=WINDOW, offline=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(f"({PAINTED})()".replace("FOLIUM", "true" if path.stem == "folium" else "false"))
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(path.as_uri(), wait_until="commit")
    page.wait_for_function("() => window.paintedAt")
    metrics = {item["name"]: item["value"] for item in devtools.send("Performance.getMetrics")["metrics"]}
    found = {"file": path.stat().st_size / 1e6, "painted": page.evaluate("() => window.paintedAt"),
             "busy": metrics["TaskDuration"] * 1000}  # fmt: skip
    page.evaluate(WATCH_POPUP)
    for x, y in page.evaluate(SPOTS, places):
        page.mouse.click(x, y)
        page.wait_for_timeout(400)
        if page.evaluate("() => window.popupMs"):
            break
    found["popup"] = page.evaluate("() => window.popupMs || NaN")
    page.keyboard.press("Escape")
    page.wait_for_timeout(2000)
    devtools.send("HeapProfiler.collectGarbage")
    found["heap"] = page.evaluate("() => performance.memory.usedJSHeapSize") / 1e6
    page.evaluate(WATCH_FRAMES)
    page.mouse.move(700, 420)
    page.mouse.down()
    for step in range(60):
        page.mouse.move(700 - 8 * step, 420 - 4 * step)
        page.wait_for_timeout(16)
    page.mouse.up()
    page.wait_for_timeout(800)
    found["gap"] = page.evaluate("() => Math.max(...window.gaps)")
    context.close()
    return found


def run(browser: Any, makers: list[Any], plots: gpd.GeoDataFrame, folder: Path) -> list[dict[str, float]]:
    """Return the figures of each maker."""
    inside = plots.representative_point().to_crs("EPSG:4326")
    some = inside.iloc[:: max(1, len(inside) // 20_000)]
    places = np.stack([some.y, some.x], axis=1).tolist()
    found = []
    for maker in makers:
        path = folder / f"{maker.__name__.removeprefix('write_')}.html"
        start = time.process_time()
        maker(plots, path)
        spent = time.process_time() - start
        found.append({**measure(browser, path, places), "writing": spent})
        path.unlink()
    return found


def main() -> None:
    """Print the figures of both, and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--alone", action="store_true", help="without the baseline")
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    makers = [write_fringe] if options.alone else [write_fringe, write_folium]
    path = next(path for name in ("chromium", "google-chrome", "msedge") if (path := shutil.which(name)))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        print(f"Chromium {browser.version}, Folium {folium.__version__}, load {os.getloadavg()[0]:.1f}", flush=True)
        write_fringe(make_polygons(100, np.random.default_rng(options.seed)), Path(folder) / "warm.html")
        for size in options.sizes:
            plots = make_polygons(size, np.random.default_rng(options.seed))
            runs = [run(browser, makers, plots, Path(folder)) for _ in range(options.runs)]
            print(f"{size:,} polygons, {shapely.get_num_coordinates(plots.geometry.to_numpy()).sum():,} vertices")
            for name, unit in FIGURES.items():
                own, *other = [[found[at][name] for found in runs] for at in range(len(makers))]
                line = f"  {name:8} {statistics.median(own):10.2f} {unit:5} ({min(own):.2f} to {max(own):.2f})"
                if other:
                    ratios = [theirs / ours for ours, theirs in zip(own, other[0], strict=True)]
                    line += f"   Folium {statistics.median(other[0]):10.2f}, {statistics.median(ratios):6.1f} x"
                print(line, flush=True)
        browser.close()


if __name__ == "__main__":
    main()
