"""What owners ask for: policy files to values. Pure.

Start at `model`; `loading` reads files, `members` parts a fleet, `importing` makes policies of HPAs
and ScaledObjects, `conflicts` and `editing` work on the files themselves.
"""
