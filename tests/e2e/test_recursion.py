"""PutFunctionRecursionConfig, GetFunctionRecursionConfig."""

import pytest
from packages import HELLO


@pytest.mark.operation("PutFunctionRecursionConfig")
@pytest.mark.operation("GetFunctionRecursionConfig")
def test_a_loop_ends_unless_it_is_allowed(client, create):
    name = create(HELLO)
    assert client.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Terminate"
    for wanted in ["Allow", "Terminate"]:
        answer = client.put_function_recursion_config(FunctionName=name, RecursiveLoop=wanted)
        assert answer["RecursiveLoop"] == wanted
        assert client.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == wanted


def test_only_of_a_function_that_is_there(refused):
    arn = "arn:aws:lambda:us-east-1:000000000000:function:nowhere"
    for operation, more in [
        ("get_function_recursion_config", {}),
        ("put_function_recursion_config", {"RecursiveLoop": "Allow"}),
    ]:
        answer = refused(operation, FunctionName="nowhere", **more)
        assert answer == (404, "ResourceNotFoundException", f"Function not found: {arn}")
        other = arn.replace("000000000000", "123456789012")
        assert refused(operation, FunctionName=other, **more)[:2] == (403, "AccessDeniedException")
    status, code, message = refused("put_function_recursion_config", FunctionName="nowhere", RecursiveLoop="Never")
    assert (status, code) == (400, "ValidationException")
    assert "Value 'Never' at 'recursiveLoop' failed to satisfy constraint" in message
