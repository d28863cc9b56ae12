"""What must hold of every row and of a whole dataset."""
