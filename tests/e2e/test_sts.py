"""AWS STS through boto3: sessions of roles and users, and whose a key is."""

import pytest
from botocore.exceptions import ClientError
from callers import ACCOUNT, World, denied, policy, trust


@pytest.fixture(scope="module")
def world(server):
    return World(server.endpoint)


@pytest.mark.operation("AssumeRole")
@pytest.mark.operation("GetCallerIdentity")
def test_a_role_of_another_account_needs_both_sides(own_server):
    world = World(own_server("--auth", "open").endpoint)
    theirs = world.by("111111111111", "any")("iam")
    role = theirs.create_role(
        RoleName="shared", AssumeRolePolicyDocument=trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    )["Role"]["Arn"]
    theirs.put_role_policy(RoleName="shared", PolicyName="p", PolicyDocument=policy(("lambda:List*", "*")))
    user, clients = world.user(policy(("s3:*", "*")))
    who = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    words = f"User: {who} is not authorized to perform: sts:AssumeRole on resource: {role}"
    said = denied(clients("sts").assume_role, RoleArn=role, RoleSessionName="session")
    assert said == (403, "AccessDenied", words)
    world.root("iam").put_user_policy(UserName=user, PolicyName="q", PolicyDocument=policy(("sts:AssumeRole", role)))
    session = world.assume(clients, role)
    assert session("sts").get_caller_identity()["Account"] == "111111111111"
    session("lambda").list_functions()
    assert denied(session("lambda").get_account_settings)[1] == "AccessDeniedException"


@pytest.mark.operation("GetSessionToken")
def test_a_session_token_is_the_user(world):
    user, clients = world.user(policy(("lambda:ListFunctions", "*")))
    made = clients("sts").get_session_token(DurationSeconds=900)["Credentials"]
    session = world.by(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    assert session("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{user}"
    session("lambda").list_functions()
    assert denied(session("lambda").list_layers)[1] == "AccessDeniedException"
    assert denied(session("iam").get_user)[1] == "InvalidClientTokenId"
    said = denied(session("sts").get_session_token)
    assert said == (403, "AccessDenied", "Cannot call GetSessionToken with session credentials")


@pytest.mark.operation("GetAccessKeyInfo")
def test_the_account_of_a_key_is_told(world):
    user, clients = world.user(policy(("s3:*", "*")))
    key = world.root("iam").list_access_keys(UserName=user)["AccessKeyMetadata"][0]["AccessKeyId"]
    assert world.root("sts").get_access_key_info(AccessKeyId=key)["Account"] == ACCOUNT
    assert denied(clients("sts").get_access_key_info, AccessKeyId=key)[:2] == (403, "AccessDenied")
    assert denied(world.root("sts").get_access_key_info, AccessKeyId="x" * 16)[:2] == (400, "ValidationError")


def test_sts_refuses_in_its_words(world):
    role = world.role(trust({"AWS": ACCOUNT}))
    assume = world.root("sts").assume_role
    for more, expected in [
        (
            {"DurationSeconds": 7200},
            ("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
        ),
        ({"Policy": "{"}, ("MalformedPolicyDocument", "This policy contains invalid Json")),
        (
            {"Tags": [{"Key": f"k{n}", "Value": "v" * 256} for n in range(50)]},
            ("PackedPolicyTooLarge", "Packed size of session tags consumes 316% of allotted space."),
        ),
        (
            {"RoleSessionName": "a b"},
            (
                "ValidationError",
                "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
            ),
        ),
    ]:
        said = denied(assume, **{"RoleArn": role, "RoleSessionName": "session"} | more)
        assert said == (400, *expected)
    with pytest.raises(ClientError) as failure:
        world.root("sts").get_federation_token(Name="someone")
    assert failure.value.response["Error"]["Code"] == "InvalidAction"
