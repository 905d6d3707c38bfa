"""What an entry says of its party: several under one label, births, addresses, former names, numbers."""
