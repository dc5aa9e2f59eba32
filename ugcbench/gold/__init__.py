"""What can be wrong with the gold of a dataset, and how is it put right?"""
