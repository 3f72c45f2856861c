"""What is kept: rows, their seals and the one way to write them."""
