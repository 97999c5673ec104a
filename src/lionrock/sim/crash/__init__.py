"""Real node processes, killed with SIGKILL at random moments and started again on the same directory.

`load` is the process that is killed, `nursery` starts it quickly and over again, `rounds` kills it and compares what it
acknowledged with what is there. Where a kill falls is for the operating system to say: a seed brings the same commands
and intentions, not the same moments.
"""
