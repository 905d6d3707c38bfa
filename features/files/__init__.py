"""Writing files: whole or not at all, and workbooks in one form."""
