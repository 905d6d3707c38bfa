"""What the words around sums say of them together: parts and their total, and sums that are no facts of this case."""
