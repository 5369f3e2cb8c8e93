"""When the lamp of a lighthouse is lit."""

PERIOD = 15.0  # seconds between the first flashes of two groups
GROUP = 3  # flashes in a group
FLASH = 0.5  # seconds that one flash lasts


def is_lit(seconds: float) -> bool:
    """Whether the lamp is lit, `seconds` after the start of a group."""
    flash, within = divmod(seconds % PERIOD, 2 * FLASH)
    return flash < GROUP and within < FLASH
