"""Who may do what, as boto3 meets it: users, roles, sessions and functions held to their policies, with signatures checked."""

import pytest
from callers import ACCOUNT, LAMBDA, NAMES, World, denied, policy, trust, unallowed
from conftest import active
from packages import python, with_boto3

# Does what its event says, and answers with the error's code and words.
CALLER = """
import boto3
from botocore.exceptions import ClientError
def handler(event, context):
    try:
        answer = getattr(boto3.client(event["service"]), event["call"])(**event.get("with", {}))
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["Error"]["Message"]]
    answer.pop("ResponseMetadata")
    return answer.get("Arn", "done")
"""


@pytest.fixture(scope="module")
def world(server):
    return World(server.endpoint)


def test_a_user_is_held_to_its_policies_in_every_service(world, create):
    name = create("def handler(event, context): return 1")
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    user, clients = world.user(policy(("lambda:GetFunction", arn)))
    who = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    assert clients("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"] == arn
    said = denied(clients("lambda").invoke, FunctionName=name)
    assert said == (403, "AccessDeniedException", unallowed(who, "lambda:InvokeFunction", arn))
    said = denied(clients("lambda").list_functions)
    assert said == (403, "AccessDeniedException", unallowed(who, "lambda:ListFunctions", "*"))
    said = denied(clients("logs").describe_log_groups)
    groups = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group::log-stream:"
    assert said == (400, "AccessDeniedException", unallowed(who, "logs:DescribeLogGroups", groups))
    said = denied(clients("iam").get_role, RoleName="r")
    assert said == (403, "AccessDenied", unallowed(who, "iam:GetRole", "role r"))
    said = denied(clients("iam").create_role, RoleName="r", AssumeRolePolicyDocument=trust(LAMBDA))
    assert said == (403, "AccessDenied", unallowed(who, "iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/r"))
    status, code, words = denied(clients("cloudwatch").list_metrics)
    assert (status, code) == (403, "AccessDenied")
    assert words == f"User: {who} is not authorized to perform: cloudwatch:ListMetrics because no identity-based policy allows the cloudwatch:ListMetrics action"
    status, code, words = denied(clients("efs").describe_file_systems)
    assert (status, code) == (403, "AccessDeniedException")
    assert f"User: {who} is not authorized to perform: elasticfilesystem:DescribeFileSystems" in words


def test_a_policy_that_is_changed_counts_at_once(world, create):
    name, iam = create("def handler(event, context): return 1"), world.root("iam")
    user, clients = world.user(policy(("lambda:*", "*")))
    clients("lambda").get_function(FunctionName=name)
    deny = {"Effect": "Deny", "Action": "lambda:Get*", "Resource": "*"}
    iam.put_user_policy(UserName=user, PolicyName="deny", PolicyDocument=policy(deny))
    words = denied(clients("lambda").get_function, FunctionName=name)[2]
    assert words.endswith("with an explicit deny in an identity-based policy")
    iam.delete_user_policy(UserName=user, PolicyName="deny")
    clients("lambda").get_function(FunctionName=name)
    iam.delete_user_policy(UserName=user, PolicyName="p")
    assert denied(clients("lambda").get_function, FunctionName=name)[1] == "AccessDeniedException"
    iam.attach_user_policy(UserName=user, PolicyArn="arn:aws:iam::aws:policy/AWSLambda_ReadOnlyAccess")
    clients("lambda").get_function(FunctionName=name)


def test_a_key_is_no_good_as_soon_as_it_is_inactive_or_deleted(world):
    iam = world.root("iam")
    user, _ = world.user(policy(("*", "*")))
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    made = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    assert key in [one["AccessKeyId"] for one in made]
    iam.delete_access_key(UserName=user, AccessKeyId=key)
    fresh = iam.create_access_key(UserName=user)["AccessKey"]
    clients = world.by(fresh["AccessKeyId"], fresh["SecretAccessKey"])
    assert clients("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{user}"
    wrong = world.by(fresh["AccessKeyId"], "another")
    assert denied(wrong("sts").get_caller_identity)[:2] == (403, "SignatureDoesNotMatch")
    invalid = "The security token included in the request is invalid."
    iam.update_access_key(UserName=user, AccessKeyId=fresh["AccessKeyId"], Status="Inactive")
    assert denied(clients("sts").get_caller_identity) == (403, "InvalidClientTokenId", invalid)
    assert denied(clients("lambda").list_functions) == (403, "UnrecognizedClientException", invalid)
    iam.update_access_key(UserName=user, AccessKeyId=fresh["AccessKeyId"], Status="Active")
    clients("lambda").list_functions()
    iam.delete_access_key(UserName=user, AccessKeyId=fresh["AccessKeyId"])
    assert denied(clients("lambda").list_functions) == (403, "UnrecognizedClientException", invalid)


def test_a_boundary_and_a_session_policy_limit(world):
    boundary = world.root("iam").create_policy(PolicyName=f"b{next(NAMES)}", PolicyDocument=policy(("lambda:ListFunctions", "*")))
    _, clients = world.user(policy(("lambda:*", "*")), PermissionsBoundary=boundary["Policy"]["Arn"])
    clients("lambda").list_functions()
    words = denied(clients("lambda").list_layers)[2]
    assert words.endswith("because no permissions boundary allows the lambda:ListLayers action")
    role = world.role(trust({"AWS": ACCOUNT}), policy(("lambda:*", "*")))
    session = world.assume(world.root, role, Policy=policy(("lambda:ListFunctions", "*")))
    session("lambda").list_functions()
    words = denied(session("lambda").list_layers)[2]
    assert words.endswith("because no session policy allows the lambda:ListLayers action")


def test_a_role_is_passed_only_by_who_may(world):
    role, other = world.role(trust(LAMBDA)), world.role(trust(LAMBDA))
    user, clients = world.user(policy(("lambda:*", "*"), ("iam:PassRole", role)))
    who, name = f"arn:aws:iam::{ACCOUNT}:user/{user}", f"passed-{next(NAMES)}"
    said = denied(clients("lambda").create_function, FunctionName=name, **python("x = 1") | {"Role": other})
    assert said == (403, "AccessDeniedException", unallowed(who, "iam:PassRole", other))
    clients("lambda").create_function(FunctionName=name, **python("x = 1") | {"Role": role})
    active(clients("lambda"), name)
    said = denied(clients("lambda").update_function_configuration, FunctionName=name, Role=other)
    assert said == (403, "AccessDeniedException", unallowed(who, "iam:PassRole", other))
    clients("lambda").update_function_configuration(FunctionName=name, Description="no role is passed on")


def test_a_function_is_held_to_its_role(world, create, invoke):
    writes = policy((["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*"))
    role = world.role(trust(LAMBDA), writes)
    name = create(with_boto3(CALLER, ("lambda", "logs", "sts"), Role=role))
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rsplit('/')[-1]}/{name}"
    who = invoke(name, {"service": "sts", "call": "get_caller_identity"})["Payload"]
    assert who == session
    said = invoke(name, {"service": "lambda", "call": "list_functions"})["Payload"]
    assert said == ["AccessDeniedException", unallowed(session, "lambda:ListFunctions", "*")]
    group = f"/made/by/{name}"
    made = invoke(name, {"service": "logs", "call": "create_log_group", "with": {"logGroupName": group}})["Payload"]
    assert made == "done"
    said = invoke(name, {"service": "logs", "call": "delete_log_group", "with": {"logGroupName": group}})["Payload"]
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:log-stream:"
    assert said == ["AccessDeniedException", unallowed(session, "logs:DeleteLogGroup", arn)]
    said = invoke(name, {"service": "sts", "call": "assume_role", "with": {"RoleArn": role, "RoleSessionName": "me"}})
    assert said["Payload"] == [
        "AccessDenied",
        f"User: {session} is not authorized to perform: sts:AssumeRole on resource: {role}",
    ]


def test_a_role_must_let_lambda_do_what_a_function_asks_for(world, create, refused):
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue"
    role, may = world.role(trust(LAMBDA)), world.role(trust(LAMBDA), policy(("sqs:*", queue)))
    dead = {"DeadLetterConfig": {"TargetArn": queue}}
    said = refused("create_function", FunctionName=f"dead-{next(NAMES)}", **python("x = 1") | dead | {"Role": role})
    words = "The provided execution role does not have permissions to call SendMessage on SQS"
    assert said == (400, "InvalidParameterValueException", words)
    create(python("x = 1") | dead | {"Role": may})
    network = {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}
    said = refused("create_function", FunctionName=f"net-{next(NAMES)}", **python("x = 1") | network | {"Role": role})
    assert said[2] == "The provided execution role does not have permissions to call CreateNetworkInterface on EC2"
    name = create(python("x = 1") | {"Role": role})
    said = refused("create_event_source_mapping", FunctionName=name, EventSourceArn=queue)
    words = "The provided execution role does not have permissions to call ReceiveMessage on SQS"
    assert said == (400, "InvalidParameterValueException", words)
    stream = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"
    said = refused(
        "create_event_source_mapping", FunctionName=name, EventSourceArn=stream, StartingPosition="LATEST"
    )
    assert said[2].startswith(f"Cannot access stream {stream}. Please ensure the role can perform the GetRecords,")


def test_sessions_users_and_roles_survive_a_kill(own_server):
    running = own_server()
    world = World(running.endpoint)
    role = world.role(trust({"AWS": ACCOUNT}), policy(("lambda:ListFunctions", "*")))
    answer = world.root("sts").assume_role(RoleArn=role, RoleSessionName="session", DurationSeconds=900)
    made = answer["Credentials"]
    session = world.by(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    before = session("sts").get_caller_identity()
    running.kill()
    running.start()
    after = session("sts").get_caller_identity()
    assert [before[key] for key in ("Arn", "UserId", "Account")] == [after[key] for key in ("Arn", "UserId", "Account")]
    assert after["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    session("lambda").list_functions()
    assert denied(session("lambda").list_layers)[1] == "AccessDeniedException"
    without = world.by(made["AccessKeyId"], made["SecretAccessKey"])
    assert denied(without("sts").get_caller_identity)[1] == "InvalidClientTokenId"


def test_who_made_nothing_here_is_told_in_the_log(own_server):
    running = own_server()
    client = running.client()
    client.create_function(FunctionName="f", **python("def handler(event, context): return 1"))
    active(client, "f")
    client.invoke(FunctionName="f")
    client.invoke(FunctionName="f")
    assert running.log().count("nobody made this role here") == 1
    world = World(running.endpoint)
    user, clients = world.user(policy(("s3:*", "*")))
    denied(clients("lambda").list_functions)
    [line] = [line for line in running.log().splitlines() if "access denied" in line]
    assert f"user/{user}" in line and "lambda:ListFunctions" in line and "no identity-based policy" in line
