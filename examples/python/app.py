"""Counts words: the Python example."""

from collections import Counter


def handler(event, context):
    """Gives each word of the event with how often it stands there."""
    return dict(Counter(event["words"]))
