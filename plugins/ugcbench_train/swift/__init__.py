"""How is a recipe trained by ms-swift, which can't share an environment with TRL?

exporting.export(recipe, folder)   dataset, plugin file, environment and command line
plugin.install(folder)             what the plugin file calls inside ms-swift
"""
