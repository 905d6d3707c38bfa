"""Sentences on what a ruling leaves open, for the people who read its rows."""
