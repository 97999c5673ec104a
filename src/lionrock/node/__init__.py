"""The single writer of a site: puts commands in order, gives time and ids, journals, applies, publishes.

`node` is the sequencer, `recovery` brings a directory back, `stamping` writes sequence, time and ids into packed
commands, `published` is what listeners get, `engine` what the node asks of an engine, `lock` keeps a second writer
out, `errors` says how a submit can fail.
"""
