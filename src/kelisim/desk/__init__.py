"""What can be done: every rule of the desk, as plain functions that take a visit first."""
