"""The one-process world: everything a site is made of, run in a single process where a seed decides every chance.

What is simulated is driven by a workload, disturbed by faults and watched by an independent auditor, so that any run
can be had again, step by step, from its seed and the commit.
"""
