"""The handler that every peer runs."""


def handler(event, context):
    return event
