"""Revisions of the operational database, run by `models.database.engine` when it opens one."""
