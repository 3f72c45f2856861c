"""What happens by itself: the ledger is sealed, what is over is destroyed, consents end on their last day."""
