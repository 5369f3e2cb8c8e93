"""The steps that every call passes. Their order is data: `order.py`."""
