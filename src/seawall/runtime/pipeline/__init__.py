"""The pipeline: what every call passes, one step a file, their order as data in `order.py`."""
