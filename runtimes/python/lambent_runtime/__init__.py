"""What runs a Python function in its sandbox: takes events from the Runtime API, calls the handler, answers.

Every import here costs each cold start, so what only failures and logs need is imported when they come.
"""
