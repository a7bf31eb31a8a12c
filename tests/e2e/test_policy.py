"""AddPermission, GetPolicy, RemovePermission and the calls on the whole policy; what they let other accounts do."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError
from packages import HELLO, python

OWNER, OTHER, THIRD = "111111111111", "222222222222", "333333333333"
SERVICE = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}


def refusal(call, **parameters):
    """Calls what must fail, and gives (status, code, message)."""
    with pytest.raises(ClientError) as failure:
        call(**parameters)
    answer = failure.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


@pytest.mark.operation("AddPermission")
@pytest.mark.parametrize(
    ("given", "principal", "condition"),
    [
        ({"Principal": "s3.amazonaws.com"}, {"Service": "s3.amazonaws.com"}, None),
        ({"Principal": OTHER}, {"AWS": f"arn:aws:iam::{OTHER}:root"}, None),
        ({"Principal": f"arn:aws:iam::{OTHER}:role/r"}, {"AWS": f"arn:aws:iam::{OTHER}:role/r"}, None),
        (
            {"Principal": "*", "PrincipalOrgID": "o-1234567890"},
            "*",
            {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}},
        ),
        (
            {"Principal": "sns.amazonaws.com", "SourceArn": "arn:aws:sns:us-east-1:111111111111:t"},
            {"Service": "sns.amazonaws.com"},
            {"ArnLike": {"AWS:SourceArn": "arn:aws:sns:us-east-1:111111111111:t"}},
        ),
        (
            {"Principal": "alexa-appkit.amazon.com", "EventSourceToken": "amzn1.ask.skill"},
            {"Service": "alexa-appkit.amazon.com"},
            {"StringEquals": {"lambda:EventSourceToken": "amzn1.ask.skill"}},
        ),
        (
            {"Principal": "*", "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "AWS_IAM"},
            "*",
            {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
        ),
        (
            {"Principal": "*", "InvokedViaFunctionUrl": True},
            "*",
            {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
        ),
    ],
)
def test_every_form_of_a_permission_becomes_a_statement(client, create, given, principal, condition):
    name = create(HELLO)
    added = client.add_permission(FunctionName=name, StatementId="s", **SERVICE | given)
    statement = {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": principal,
        "Action": given.get("Action", "lambda:InvokeFunction"),
        "Resource": f"arn:aws:lambda:us-east-1:000000000000:function:{name}",
    }
    expected = statement | ({"Condition": condition} if condition else {})
    assert added["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert added["Statement"] == json.dumps(expected, separators=(",", ":"))


@pytest.mark.operation("GetPolicy")
@pytest.mark.operation("RemovePermission")
def test_the_policy_holds_statements_until_they_are_removed(client, create, refused):
    name = create(HELLO)
    gone = (404, "ResourceNotFoundException", "The resource you requested does not exist.")
    assert refused("get_policy", FunctionName=name) == gone
    for sid in ["first", "second"]:
        client.add_permission(FunctionName=name, StatementId=sid, **SERVICE)
    shown = client.get_policy(FunctionName=name)
    policy = json.loads(shown["Policy"])
    assert (policy["Version"], policy["Id"]) == ("2012-10-17", "default")
    assert [statement["Sid"] for statement in policy["Statement"]] == ["first", "second"]
    assert shown["RevisionId"] == client.get_function_configuration(FunctionName=name)["RevisionId"]
    removed = client.remove_permission(FunctionName=name, StatementId="first", RevisionId=shown["RevisionId"])
    assert removed["ResponseMetadata"]["HTTPStatusCode"] == 204
    client.remove_permission(FunctionName=name, StatementId="second")
    assert refused("get_policy", FunctionName=name) == gone


def test_each_refusal_has_awss_words(client, create, refused):
    name, invalid, missing = create(HELLO), "InvalidParameterValueException", "ResourceNotFoundException"
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"

    def add(**given):
        return refused("add_permission", **{"FunctionName": name, "StatementId": "s"} | SERVICE | given)

    principal = "The provided principal was invalid. Please check the principal and try again."
    assert add(Principal="invalid.nonaws.com") == (400, invalid, principal)
    assert add(Qualifier="$LATEST") == (400, invalid, "We currently do not support adding policies for $LATEST.")
    assert add(Qualifier="7") == (404, missing, f"Function not found: {arn}:7")
    assert add(Qualifier="live") == (404, missing, f"Cannot find alias arn: {arn}:live")
    differ = "The derived qualifier from the function name does not match the specified qualifier."
    assert add(FunctionName=f"{name}:live", Qualifier="7") == (400, invalid, differ)
    assert add(FunctionName="nowhere")[:2] == (404, missing)
    stale = (
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetPolicy API to retrieve the latest Revision Id"
    )
    assert add(RevisionId="other") == (412, "PreconditionFailedException", stale)
    assert add(Action="InvokeFunction")[:2] == (400, "ValidationException")
    none = "No policy is associated with the given resource."
    assert refused("remove_permission", FunctionName=name, StatementId="s") == (404, missing, none)
    client.add_permission(FunctionName=name, StatementId="s", **SERVICE)
    twice = (
        "The statement id (s) provided already exists. "
        "Please provide a new statement id, or remove the existing statement."
    )
    assert add() == (409, "ResourceConflictException", twice)
    unknown = "Statement x is not found in resource policy."
    assert refused("remove_permission", FunctionName=name, StatementId="x") == (404, missing, unknown)
    stale_removal = refused("remove_permission", FunctionName=name, StatementId="s", RevisionId="other")
    assert stale_removal == (412, "PreconditionFailedException", stale)
    nowhere = refused("remove_permission", FunctionName="nowhere", StatementId="s")
    assert nowhere == (404, missing, f"No policy found for: {arn.replace(name, 'nowhere')}")
    for number in range(10):
        source = {"StatementId": f"s{number}", "SourceArn": f"arn:aws:s3:::{'b' * 1800}"}
        if number < 9:
            client.add_permission(FunctionName=name, **SERVICE | source)
        else:
            status, code, words = add(**source)
            assert (status, code) == (400, "PolicyLengthExceededException")
            assert words.startswith("The final policy size (")


@pytest.mark.operation("PutResourcePolicy")
@pytest.mark.operation("GetResourcePolicy")
@pytest.mark.operation("DeleteResourcePolicy")
def test_the_whole_policy_can_be_put_read_and_deleted(client, create, refused):
    name = create(HELLO)
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    client.add_permission(FunctionName=name, StatementId="added", **SERVICE)
    statement = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "lambda:GetFunction", "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
    put = client.put_resource_policy(ResourceArn=arn, Policy=document)
    assert put["Policy"] == document
    for shown in [client.get_resource_policy(ResourceArn=arn), client.get_policy(FunctionName=name)]:
        assert (shown["Policy"], shown["RevisionId"]) == (document, put["RevisionId"])
    other = str(uuid.uuid4())
    assert refused("put_resource_policy", ResourceArn=arn, Policy=document, RevisionId=other)[0] == 412
    assert refused("delete_resource_policy", ResourceArn=arn, RevisionId=other)[0] == 412
    status, code, _ = refused("put_resource_policy", ResourceArn=arn, Policy="{}")
    assert (status, code) == (400, "InvalidParameterValueException")
    client.delete_resource_policy(ResourceArn=arn, RevisionId=put["RevisionId"])
    gone = (404, "ResourceNotFoundException", "The resource you requested does not exist.")
    assert refused("get_resource_policy", ResourceArn=arn) == gone
    assert refused("delete_resource_policy", ResourceArn=arn) == gone
    assert refused("put_resource_policy", ResourceArn=f"{arn}x", Policy=document)[:2] == (404, gone[1])


def test_another_account_may_do_what_the_policy_allows_and_no_more(own_server):
    running = own_server("--auth", "open")
    owner, other, third = (running.client(aws_access_key_id=account) for account in (OWNER, OTHER, THIRD))
    arn = owner.create_function(FunctionName="shared", **python(HELLO))["FunctionArn"]
    owner.get_waiter("function_active_v2").wait(FunctionName="shared", WaiterConfig={"Delay": 0.02})

    def denied(client, account, operation, action):
        status, code, words = refusal(getattr(client, operation), FunctionName=arn)
        assert (status, code) == (403, "AccessDeniedException")
        assert words == (
            f"User: arn:aws:iam::{account}:root is not authorized to perform: lambda:{action} on resource: {arn} "
            f"because no resource-based policy allows the lambda:{action} action"
        )

    actions = [("invoke", "InvokeFunction"), ("get_function", "GetFunction"), ("delete_function", "DeleteFunction")]
    for operation, action in [*actions, ("get_policy", "GetPolicy")]:
        denied(other, OTHER, operation, action)
    owner.add_permission(FunctionName="shared", StatementId="s", Action="lambda:InvokeFunction", Principal=OTHER)
    assert other.invoke(FunctionName=arn)["StatusCode"] == 200
    denied(third, THIRD, "invoke", "InvokeFunction")
    denied(other, OTHER, "get_function", "GetFunction")
    denied(other, OTHER, "delete_function", "DeleteFunction")
    running.stop()
    running.start()
    assert other.invoke(FunctionName=arn)["StatusCode"] == 200, "a policy outlives the server"
    owner.remove_permission(FunctionName="shared", StatementId="s")
    denied(other, OTHER, "invoke", "InvokeFunction")


def test_a_deny_binds_the_owner(client, create, refused):
    name = create(HELLO)
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    statement = {"Effect": "Deny", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": arn}
    client.put_resource_policy(ResourceArn=arn, Policy=json.dumps({"Statement": [statement]}))
    status, code, words = refused("invoke", FunctionName=name)
    assert (status, code) == (403, "AccessDeniedException")
    assert words.endswith(f"lambda:InvokeFunction on resource: {arn} with an explicit deny in a resource-based policy")
    client.delete_resource_policy(ResourceArn=arn)
    assert client.invoke(FunctionName=name)["StatusCode"] == 200


NAMING = {
    "FunctionName": "arn:aws:lambda:us-east-1:111111111111:function:theirs",
    "LayerName": "arn:aws:lambda:us-east-1:111111111111:layer:theirs",
    "Arn": "arn:aws:lambda:us-east-1:111111111111:layer:theirs:1",
    "Resource": "arn:aws:lambda:us-east-1:111111111111:function:theirs",
    "ResourceArn": "arn:aws:lambda:us-east-1:111111111111:function:theirs",
    "CodeSigningConfigArn": "arn:aws:lambda:us-east-1:111111111111:code-signing-config:csc-0123456789abcdef0",
}
IN_PATH = {
    "Name": "a",
    "StatementId": "s",
    "TagKeys": ["k"],
    "UUID": "00000000-0000-0000-0000-000000000000",
    "VersionNumber": 1,
}


def test_no_operation_tells_another_account_whether_a_resource_is_there(client):
    """Before the model's constraints and before any look-up: nothing else that the operations need is given."""
    model, met = client.meta.service_model, set()
    methods = {operation: method for method, operation in client.meta.method_to_api_mapping.items()}
    for name in model.operation_names:
        members = model.operation_model(name).input_shape.members
        named = next((member for member in NAMING if member in members), None)
        if named is None:
            continue
        in_path = {member for member, shape in members.items() if "location" in shape.serialization}
        given = {named: NAMING[named]} | {member: IN_PATH[member] for member in IN_PATH if member in in_path}
        status, code, words = refusal(getattr(client, methods[name]), **given)
        if code == "UnknownOperationException":
            continue
        met.add(name)
        assert (status, code) == (403, "AccessDeniedException"), (name, words)
        assert f"on resource: {NAMING[named]}" in words and "because no resource-based policy allows" in words, name
    assert {"AddPermission", "GetFunction", "Invoke", "GetLayerVersion", "TagResource"} <= met
