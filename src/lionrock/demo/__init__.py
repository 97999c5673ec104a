"""The guided tour: real order flow through the public order path of a sandbox that is killed and comes back the same.

`tour` is the order of events, `trading_day` the traders and what they are answered, `pictures` draws. The tour has no
private way in: what it shows, anybody can do over HTTP, or read from the journal on disk.
"""
