"""Notices on their way to people: written in the transaction of what causes them, delivered until it is certain.

A message keeps one id through all attempts and channels. A delivery may be made twice when a machine dies between the
receiver's answer and our note of it; the id is then the same (`Message-ID`, `webhook-id`), so a receiver can tell.
In-app it is the key of a row, so nothing is shown twice.
"""
