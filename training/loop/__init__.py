"""Closed-loop trials: in a simulated world policies choose cases, outcomes come with delay, models learn from them."""
