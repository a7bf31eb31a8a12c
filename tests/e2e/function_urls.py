"""Function URLs as the tests make them and ask them."""

import http.client


def ask(server, host, method="GET", path="/", body=None, headers=None):
    """One request to a URL: status, headers by lower-case name, body. Names below localhost need no DNS here."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request(method, path, body, {"Host": host} | (headers or {}))
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def permit(client, name, principal="*", auth="NONE", **more):
    """Both permissions that AWS asks for."""
    client.add_permission(
        FunctionName=name, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal=principal,
        FunctionUrlAuthType=auth, **more,
    )
    client.add_permission(
        FunctionName=name, StatementId="invoke", Action="lambda:InvokeFunction", Principal=principal,
        InvokedViaFunctionUrl=True, **more,
    )


def url(client, name, **more):
    """Creates a URL and gives its host."""
    made = client.create_function_url_config(FunctionName=name, **{"AuthType": "NONE"} | more)
    return made["FunctionUrl"].removeprefix("http://").removesuffix("/")
