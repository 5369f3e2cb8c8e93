"""The functions behind the resources that the suite reads."""

import base64

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def picture() -> bytes:
    """One red point."""
    return base64.b64decode(PNG)


def data(id: str) -> dict[str, str | bool]:  # noqa: A002  the suite's name
    """What the suite looks for."""
    return {"id": id, "templateTest": True, "data": f"Data for ID: {id}"}
