"""The stdio wire: standard streams joined to the event loop, one JSON-RPC message a line.

`claim` moves the protocol away from descriptors 0 and 1, `lines` and `messages` turn bytes into messages, `pipes`
reads and writes without ever blocking the loop, and `streams` is what the SDK serves: it holds the input back
while too much is under way.
"""
