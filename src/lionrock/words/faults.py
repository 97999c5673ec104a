"""The one exception that means a broken invariant: whoever meets it stops, and does not go on with a state in doubt."""


class Fault(Exception):
    """Something that cannot happen did: a gap in the order of commands, a sum that left its bounds, a broken chain."""
