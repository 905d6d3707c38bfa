"""Revisions of the operational database, run by `models.operational` when it opens one."""
