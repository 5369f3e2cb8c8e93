"""One module a page; each makes blocks of plain data, and escapes nothing."""
