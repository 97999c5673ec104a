"""The public HTTP interface: HashKey Exchange's wire contract, so that existing clients work unchanged.

`endpoints` is the one table of what exists, `authentication` says who may, `errors` holds every refusal. The rules
stand in spec/rest.md.
"""
