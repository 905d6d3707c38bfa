"""Speed, as ratios against a named peer in the same run: seconds change with the machine, ratios hardly."""
