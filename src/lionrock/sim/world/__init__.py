"""A whole node in one process and one seed: event loop, clock, disk and clients are simulated, node and journal real.

`disk` loses power and fails as real disks do, `loop` chooses from the seed what happens next, `clients` send commands
and keep what they were told, `promises` compares that with what a restart brings back, `damage` spoils the files of a
node that is down, and `world` lets all of it happen. What is promised stands in spec/simulation.md.
"""
