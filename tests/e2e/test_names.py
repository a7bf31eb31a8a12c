"""Names of functions in every operation that takes one: what is nowhere, elsewhere, another's, or no name at all."""

import pytest
from packages import HELLO, python, zip_of

HERE = "arn:aws:lambda:us-east-1:000000000000:function:"
NOWHERE = HERE + "nowhere"
CSC = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"
PERMISSION = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
MISSING = (404, "ResourceNotFoundException", f"Function not found: {NOWHERE}")


def missing(words):
    """The answer where a function that is missing is told of in words of its own."""
    return 404, "ResourceNotFoundException", words


NO_CONFIG = missing(f"The function {NOWHERE}:$LATEST doesn't have an EventInvokeConfig")
NO_ALIAS = missing(f"Cannot find alias arn: {NOWHERE}:live")

# What each operation needs beside the name, and its answer where there is no such function; none where it creates.
OPERATIONS = {
    "add_permission": (PERMISSION, MISSING),
    "create_alias": ({"Name": "live", "FunctionVersion": "1"}, missing(f"Function not found: {NOWHERE}:1")),
    "create_event_source_mapping": (
        {"EventSourceArn": QUEUE},
        (400, "InvalidParameterValueException", "Function does not exist"),
    ),
    "create_function": (python(HELLO), None),
    "create_function_url_config": ({"AuthType": "NONE"}, missing("Function does not exist")),
    "delete_alias": ({"Name": "live"}, MISSING),
    "delete_function": ({}, MISSING),
    "delete_function_code_signing_config": ({}, MISSING),
    "delete_function_concurrency": ({}, MISSING),
    "delete_function_event_invoke_config": ({}, NO_CONFIG),
    "delete_function_url_config": ({}, missing("The resource you requested does not exist.")),
    "delete_provisioned_concurrency_config": ({"Qualifier": "live"}, NO_ALIAS),
    "get_alias": ({"Name": "live"}, MISSING),
    "get_function": ({}, MISSING),
    "get_function_code_signing_config": ({}, MISSING),
    "get_function_concurrency": ({}, MISSING),
    "get_function_configuration": ({}, MISSING),
    "get_function_event_invoke_config": ({}, NO_CONFIG),
    "get_function_recursion_config": ({}, MISSING),
    "get_function_url_config": ({}, missing("The resource you requested does not exist.")),
    "get_policy": ({}, MISSING),
    "get_provisioned_concurrency_config": ({"Qualifier": "live"}, NO_ALIAS),
    "get_runtime_management_config": ({}, MISSING),
    "invoke": ({}, missing(f"Function not found: {NOWHERE}:$LATEST")),
    "list_aliases": ({}, MISSING),
    "list_function_event_invoke_configs": ({}, missing("The function doesn't exist.")),
    "list_function_url_configs": ({}, missing("Function does not exist")),
    "list_provisioned_concurrency_configs": ({}, MISSING),
    "list_versions_by_function": ({}, MISSING),
    "publish_version": ({}, MISSING),
    "put_function_code_signing_config": (
        {"CodeSigningConfigArn": CSC},
        (
            404,
            "CodeSigningConfigNotFoundException",
            "The code signing configuration cannot be found. Check that the provided configuration is not deleted: "
            f"{CSC}.",
        ),
    ),
    "put_function_concurrency": ({"ReservedConcurrentExecutions": 1}, MISSING),
    "put_function_event_invoke_config": ({"MaximumRetryAttempts": 1}, missing("The function doesn't exist.")),
    "put_function_recursion_config": ({"RecursiveLoop": "Allow"}, MISSING),
    "put_provisioned_concurrency_config": ({"Qualifier": "live", "ProvisionedConcurrentExecutions": 1}, NO_ALIAS),
    "put_runtime_management_config": ({"UpdateRuntimeOn": "Auto"}, MISSING),
    "remove_permission": ({"StatementId": "s"}, missing(f"No policy found for: {NOWHERE}")),
    "update_alias": ({"Name": "live"}, MISSING),
    "update_function_code": ({"ZipFile": zip_of({"app.py": HELLO})}, MISSING),
    "update_function_configuration": ({}, MISSING),
    "update_function_event_invoke_config": ({"MaximumRetryAttempts": 1}, NO_CONFIG),
    "update_function_url_config": ({}, missing("Function does not exist")),
}
every_operation = pytest.mark.parametrize("operation", sorted(OPERATIONS))
every_form = pytest.mark.parametrize("form", ["nowhere", "function:nowhere", "000000000000:function:nowhere", NOWHERE])


@every_form
@pytest.mark.parametrize("operation", sorted(name for name, (_, answer) in OPERATIONS.items() if answer))
def test_a_function_that_is_nowhere(refused, operation, form):
    more, answer = OPERATIONS[operation]
    assert refused(operation, FunctionName=form, **more) == answer


@every_operation
def test_a_function_of_another_region(refused, operation):
    name = NOWHERE.replace("us-east-1", "eu-west-1")
    words = "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"
    assert refused(operation, FunctionName=name, **OPERATIONS[operation][0]) == missing(words)


@every_operation
def test_a_function_of_another_account(refused, operation):
    name = NOWHERE.replace("000000000000", "111111111111")
    status, code, message = refused(operation, FunctionName=name, **OPERATIONS[operation][0])
    assert (status, code) == (403, "AccessDeniedException")
    assert f" on resource: {name}" in message and "because no resource-based policy allows the lambda:" in message


@every_operation
@pytest.mark.parametrize("name", ["no!", "*", "a b", "f:", "f:1:2", "f:$latest", "arn:aws:lambda::000000000000:function:f"])
def test_what_is_no_name(refused, operation, name):
    status, code, message = refused(operation, FunctionName=name, **OPERATIONS[operation][0])
    words = f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: "
    assert (status, code) == (400, "ValidationException")
    assert message.startswith(words + "Member must satisfy regular expression pattern: ")


def test_a_name_of_65_characters_is_found_nowhere_and_cannot_be_given(refused):
    name = "x" * 65
    for operation in ("get_function", "delete_function", "update_function_configuration"):
        assert refused(operation, FunctionName=name) == missing(f"Function not found: {HERE}{name}")
    words = f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: "
    answer = refused("create_function", FunctionName=name, **python(HELLO))
    assert answer == (400, "InvalidParameterValueException", words + "Member must have length less than or equal to 64")
