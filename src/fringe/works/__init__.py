"""Numbers per zone from the ledger."""
