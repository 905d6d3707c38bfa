"""What an entry says of the party it names: several parties under one label, births, addresses, former names, numbers."""
