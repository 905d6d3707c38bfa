"""How sure a figure is: intervals of shares and of their change, effective sizes, a bootstrap of whole groups."""
