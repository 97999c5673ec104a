"""Measuring: canonical flows, and figures as ratios within one run on one machine.

`lionrock bench ...` and `make bench` run these; docs/performance.md keeps the figures with the machine and the command.
A time is never asserted by a test: machines differ, and a shared one differs from minute to minute.
"""
