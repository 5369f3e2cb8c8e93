"""Projects: planned from values, rendered from templates, written whole or not at all, and kept up to date."""
