"""How is a captioner trained? TRL's trainers, which take pictures only, fed with clips and sound.

training.train(recipe, rows, reward=...)   one stage from beginning to end
checkpoints.export(codec, checkpoint, to)  a checkpoint as a directory that the evaluation loads
"""
