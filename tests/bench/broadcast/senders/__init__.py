"""How others send to many; each file is a program of its own that prints its figures as JSON."""
