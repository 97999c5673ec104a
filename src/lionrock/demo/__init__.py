"""The guided tour: a Hong Kong venue at work, its clients and its staff, killed in mid-flow and come back the same.

`tour` is the order of steps, `stage` what they share, `*_steps` what each of them does and checks, `people` how
somebody comes in by HTTP, `trading_day` many traders, `pictures` what is drawn. The tour has no private way in: what it
shows, anybody can do over HTTP, on the command line, or read from the journal on disk.
"""
