"""How does the public release of UGC-VideoCap get here, and what is corrected in it?"""
