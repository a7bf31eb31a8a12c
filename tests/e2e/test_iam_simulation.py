"""What policies would allow, asked of IAM without doing it."""

import json

import pytest
from iam_api import ALLOW, DENY, TRUST, document, fails, iam_of, pages, unique


@pytest.fixture
def iam(server):
    return iam_of(server)


@pytest.mark.operation("SimulateCustomPolicy")
def test_given_policies_decide(iam):
    conditional = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::mine/*"}
    conditional |= {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}}
    asked = {"PolicyInputList": [ALLOW, document(conditional)], "ActionNames": ["s3:GetObject", "s3:PutObject"]}
    asked["ResourceArns"] = ["arn:aws:s3:::mine/key"]
    get, put = iam.simulate_custom_policy(**asked)["EvaluationResults"]
    assert (get["EvalActionName"], get["EvalResourceName"], get["EvalDecision"]) == ("s3:GetObject", "arn:aws:s3:::mine/key", "allowed")
    assert get["MatchedStatements"] == [
        {
            "SourcePolicyId": "PolicyInputList.1",
            "SourcePolicyType": "IAM Policy",
            "StartPosition": {"Line": 1, "Column": ALLOW.index("[") + 2},
            "EndPosition": {"Line": 1, "Column": ALLOW.index("]") + 1},
        }
    ]
    assert (put["EvalDecision"], put["MatchedStatements"]) == ("implicitDeny", [])
    assert put["MissingContextValues"] == ["aws:PrincipalTag/team"]
    entry = {"ContextKeyName": "aws:principaltag/team", "ContextKeyValues": ["a"], "ContextKeyType": "string"}
    known = iam.simulate_custom_policy(**asked, ContextEntries=[entry])["EvaluationResults"][1]
    assert (known["EvalDecision"], known["MissingContextValues"]) == ("allowed", [])
    denied = iam.simulate_custom_policy(PolicyInputList=[ALLOW, DENY], ActionNames=["s3:GetObject"])["EvaluationResults"]
    assert (denied[0]["EvalDecision"], denied[0]["EvalResourceName"]) == ("explicitDeny", "*")
    assert [one["SourcePolicyId"] for one in denied[0]["MatchedStatements"]] == ["PolicyInputList.2"]
    bounded = iam.simulate_custom_policy(
        PolicyInputList=[ALLOW],
        PermissionsBoundaryPolicyInputList=[ALLOW.replace("Get", "Put")],
        ActionNames=["s3:GetObject"],
    )["EvaluationResults"][0]
    assert bounded["EvalDecision"] == "implicitDeny"
    assert bounded["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    assert len(pages(iam, "simulate_custom_policy", "EvaluationResults", **asked)) == 2
    fails(iam.simulate_custom_policy, "InvalidInput", PolicyInputList=["no policy"], ActionNames=["s3:GetObject"])


@pytest.mark.operation("SimulatePrincipalPolicy")
def test_the_policies_of_a_role_decide(iam):
    name = unique("role")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(json.loads(ALLOW), indent=2))
    read = "arn:aws:iam::aws:policy/AWSLambda_ReadOnlyAccess"
    iam.attach_role_policy(RoleName=name, PolicyArn=read)
    asked = {"PolicySourceArn": arn, "ActionNames": ["s3:GetObject", "lambda:GetFunction", "lambda:DeleteFunction"]}
    get, told, delete = iam.simulate_principal_policy(**asked)["EvaluationResults"]
    assert [one["EvalDecision"] for one in (get, told, delete)] == ["allowed", "allowed", "implicitDeny"]
    [statement] = get["MatchedStatements"]
    assert (statement["SourcePolicyId"], statement["StartPosition"]) == (f"role_{name}_p", {"Line": 3, "Column": 17})
    assert told["MatchedStatements"][0]["SourcePolicyId"] == "AWSLambda_ReadOnlyAccess"
    more = iam.simulate_principal_policy(**asked, PolicyInputList=[DENY])["EvaluationResults"]
    assert {one["EvalDecision"] for one in more} == {"explicitDeny"}
    iam.detach_role_policy(RoleName=name, PolicyArn=read)
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)
    fails(iam.simulate_principal_policy, "NoSuchEntity", **asked)
