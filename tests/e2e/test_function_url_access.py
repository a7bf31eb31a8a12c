"""Who may use a function URL."""

import json

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from conftest import active
from function_urls import ask, permit, url
from iam_api import iam_of
from packages import ECHO, python

FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)
SELF = "000000000000"


def sign(server, host, method="GET", path="/", body=b"", key="test", secret="test", query=False):
    """The path and headers of a request signed as botocore signs it."""
    request = AWSRequest(method, f"http://{host}{path}", data=body, headers={"Host": host})
    auth = SigV4QueryAuth if query else SigV4Auth
    auth(Credentials(key, secret), "lambda", "us-east-1").add_auth(request)
    return request.url.removeprefix(f"http://{host}"), dict(request.headers)


def test_everyone_needs_both_permissions(client, create, server):
    name = create(ECHO)
    host = url(client, name)
    status, headers, body = ask(server, host)
    assert (status, json.loads(body), headers["x-amzn-errortype"]) == (
        403, {"Message": FORBIDDEN}, "AccessDeniedException",
    )
    client.add_permission(
        FunctionName=name, StatementId="s", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE"
    )
    assert ask(server, host)[0] == 403
    client.add_permission(
        FunctionName=name, StatementId="t", Action="lambda:InvokeFunction", Principal="*", InvokedViaFunctionUrl=True
    )
    assert ask(server, host)[0] == 200


def test_an_unknown_url(server):
    for host in [f"{'0' * 32}.lambda-url.us-east-1.localhost", "x.lambda-url.us-east-1.on.aws:443"]:
        status, headers, body = ask(server, host, path="/_lambent/health")
        assert (status, body, headers["x-amzn-errortype"]) == (403, b'{"Message":null}', "AccessDeniedException")


def test_signatures_are_verified(client, create, server):
    name = create(ECHO)
    host = url(client, name, AuthType="AWS_IAM")
    assert json.loads(ask(server, host)[2]) == {"Message": FORBIDDEN}
    path, headers = sign(server, host, "POST", "/a%20b?c=d", b"body")
    status, _, body = ask(server, host, "POST", path, b"body", headers)
    iam = json.loads(body)["requestContext"]["authorizer"]["iam"]
    assert status == 200 and iam["accessKey"] == "test" and iam["userArn"] == f"arn:aws:iam::{SELF}:root"
    status, answered, body = ask(server, host, "POST", path, b"other", headers)
    assert (status, answered["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    assert json.loads(body)["message"].startswith("The request signature we calculated does not match")
    path, headers = sign(server, host, key="AKIAUNKNOWN")
    status, answered, body = ask(server, host, "GET", path, None, headers)
    assert (status, answered["x-amzn-errortype"]) == (403, "UnrecognizedClientException")
    assert json.loads(body) == {"message": "The security token included in the request is invalid."}
    path, headers = sign(server, host, query=True)
    assert ask(server, host, "GET", path, None, headers)[0] == 200


def test_open_servers_verify_what_asks_for_it(own_server):
    server = own_server("--auth", "open")
    client = server.client(aws_access_key_id="anyone")
    other = server.client(aws_access_key_id="111111111111")
    hosts = {}
    for who, role in [(client, SELF), (other, "111111111111")]:
        settings = python(ECHO) | {"Role": f"arn:aws:iam::{role}:role/r"}
        who.create_function(FunctionName="f", **settings)
        active(who, "f")
        hosts[role] = url(who, "f", AuthType="AWS_IAM")

    def status(account, key="test"):
        path, headers = sign(server, hosts[account], key=key)
        return ask(server, hosts[account], "GET", path, None, headers)[0]

    assert (status(SELF), status(SELF, "anyone")) == (200, 403)
    assert status("111111111111") == 403
    permit(other, "f", SELF, "AWS_IAM")
    assert status("111111111111") == 200


def test_an_alias_has_a_url_and_a_policy_of_its_own(client, create, server):
    name = create("def handler(event, context):\n    return context.invoked_function_arn + ' ' + context.function_version")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    hosts = url(client, name), url(client, name, Qualifier="live")
    permit(client, name)
    assert [ask(server, host)[0] for host in hosts] == [200, 403]
    permit(client, name, Qualifier="live")
    arn = f"arn:aws:lambda:us-east-1:{SELF}:function:{name}"
    assert [ask(server, host)[2].decode() for host in hosts] == [f"{arn} $LATEST", f"{arn}:live 1"]
    client.delete_alias(FunctionName=name, Name="live")
    assert ask(server, hosts[1])[::2] == (403, b'{"Message":null}')


def test_a_user_needs_the_leave_of_its_own_policy_or_of_the_function_s(client, create, server):
    iam = iam_of(server)
    name, user = create(ECHO), "url-user"
    host = url(client, name, AuthType="AWS_IAM")
    arn = client.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]

    def status():
        path, headers = sign(server, host, key=key["AccessKeyId"], secret=key["SecretAccessKey"])
        return ask(server, host, "GET", path, None, headers)[0]

    def may(*actions, effect="Allow"):
        statement = {"Effect": effect, "Action": list(actions), "Resource": arn}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=user, PolicyName=effect, PolicyDocument=document)

    assert status() == 403
    may("lambda:InvokeFunctionUrl")
    assert status() == 403, "both actions are needed"
    may("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")
    assert status() == 200
    permission = {"FunctionName": name, "Principal": f"arn:aws:iam::{SELF}:user/{user}"}
    client.add_permission(StatementId="u", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="AWS_IAM", **permission)
    client.add_permission(StatementId="i", Action="lambda:InvokeFunction", **permission)
    iam.delete_user_policy(UserName=user, PolicyName="Allow")
    assert status() == 200, "the function's own policy is enough"
    may("lambda:InvokeFunctionUrl", effect="Deny")
    assert status() == 403
    iam.delete_user_policy(UserName=user, PolicyName="Deny")
    iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    assert status() == 403
    iam.delete_user(UserName=user)
