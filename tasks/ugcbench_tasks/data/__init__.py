"""How are the files behind a dataset fetched, counted and checked?"""
