"""The recipe of the sample district: what `make_sample.py` makes it from, one topic a module."""
