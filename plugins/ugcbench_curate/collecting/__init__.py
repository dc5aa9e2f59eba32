"""Which clips of a folder are fit to be annotated, and why not the others?"""
