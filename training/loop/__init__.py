"""The loop, closed: in a simulated world policies choose, the world answers late, models learn, and again."""
