"""The same handler as functions-framework wants it."""

import functions_framework


@functions_framework.http
def handler(request):
    return request.get_json()
