"""Read models, rebuilt from the journal at every start: what is listed, every order, what the market did.

A view is fed published frames and nothing else, in order, and a frame is published only once it is durable. So nothing
a view shows can be lost, and a view that is thrown away comes back the same.
"""
