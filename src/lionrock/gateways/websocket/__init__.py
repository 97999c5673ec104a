"""Streams over WebSocket: the contract's public and private ones, and the venue's own with sequences and checksums.

A frame of the node becomes messages once, in the node's own loop, and the same bytes go to all who asked for them.
Nothing is told that is not durable.
"""
