"""Maps: frames drawn on self-contained Folium pages. The only place that imports folium."""

from fringe.maps.encode import encode
from fringe.maps.map import Map
from fringe.maps.saving import save
from fringe.maps.style import Categories, Category, Pattern, Symbol

__all__ = ["Categories", "Category", "Map", "Pattern", "Symbol", "encode", "save"]
