"""Is what a dataset says right, and what is to be mended?"""
