"""What will a training take: steps, tokens, memory, verdicts and hours?

Nothing is loaded, decoded or asked: clips and weights are known by their headers.
"""
