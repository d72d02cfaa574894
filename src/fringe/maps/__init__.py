"""Maps: frames drawn on self-contained Folium pages. The only place that imports folium."""
