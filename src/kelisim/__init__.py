"""The front desk where people exercise their rights over their personal data."""

__version__ = "0.1.0"
