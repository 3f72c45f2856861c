"""The way out: claim under a lease, ask again whether it may go, hand over, note the outcome."""
