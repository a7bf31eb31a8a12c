"""GetFunction, GetFunctionConfiguration, ListFunctions."""

import re

import pytest
import requests
from packages import HELLO, python


@pytest.mark.operation("GetFunction")
def test_the_code_location_answers_a_plain_get(client, create):
    settings = python(HELLO)
    name = create(settings)
    shown = client.get_function(FunctionName=name)
    assert shown["Code"]["RepositoryType"] == "S3"
    answer = requests.get(shown["Code"]["Location"], timeout=10)
    assert answer.status_code == 200
    assert answer.content == settings["Code"]["ZipFile"]
    assert "Tags" not in shown and "Concurrency" not in shown


def test_the_code_location_is_signed(client, create):
    location = client.get_function(FunctionName=create(HELLO))["Code"]["Location"]
    forged = re.sub(r"(Signature=)[0-9a-f]{8}", r"\g<1>00000000", location)
    assert forged != location
    assert requests.get(forged, timeout=10).status_code == 403
    assert requests.get(location.split("?")[0], timeout=10).status_code in (400, 403)


@pytest.mark.operation("GetFunctionConfiguration")
def test_both_reads_show_the_same_configuration(client, create):
    name = create(HELLO)
    configuration = client.get_function_configuration(FunctionName=name)
    configuration.pop("ResponseMetadata")
    assert client.get_function(FunctionName=name)["Configuration"] == configuration


@pytest.mark.parametrize("operation", ["get_function", "get_function_configuration"])
def test_a_function_that_is_not_there_is_not_found(refused, operation):
    arn = "arn:aws:lambda:us-east-1:000000000000:function:nowhere"
    assert refused(operation, FunctionName="nowhere") == (404, "ResourceNotFoundException", f"Function not found: {arn}")
    status, code, message = refused(operation, FunctionName="nowhere", Qualifier="7")
    assert (status, code, message) == (404, "ResourceNotFoundException", f"Function not found: {arn}:7")


def test_latest_as_qualifier_shows_a_qualified_arn(client, create):
    name = create(HELLO)
    shown = client.get_function_configuration(FunctionName=name, Qualifier="$LATEST")
    assert shown["FunctionArn"].endswith(f":function:{name}:$LATEST")
    assert shown["Version"] == "$LATEST"


def test_an_alias_that_is_not_there_is_not_found(refused, create):
    name = create(HELLO)
    status, code, message = refused("get_function", FunctionName=name, Qualifier="live")
    assert (status, code) == (404, "ResourceNotFoundException")
    assert f"{name}:live" in message


@pytest.mark.operation("ListFunctions")
def test_listing_shows_each_function_once_over_pages(client, create):
    names = {create(HELLO) for _ in range(5)}
    seen, pages = [], 0
    for page in client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}):
        assert len(page["Functions"]) <= 2
        pages += 1
        seen += page["Functions"]
    listed = [function["FunctionName"] for function in seen]
    assert pages >= 3
    assert len(listed) == len(set(listed)) and names <= set(listed)


def test_a_paginator_walks_over_more_than_one_page_of_fifty(own_server):
    client = own_server().client()
    names = [f"many-{number:03}" for number in range(120)]
    for name in names:
        client.create_function(FunctionName=name, **python(HELLO))
    pages = list(client.get_paginator("list_functions").paginate())
    assert [len(page["Functions"]) for page in pages] == [50, 50, 20]
    assert sorted(function["FunctionName"] for page in pages for function in page["Functions"]) == names
    limited = client.get_paginator("list_functions").paginate(PaginationConfig={"MaxItems": 70}).build_full_result()
    assert len(limited["Functions"]) == 70 and limited["NextToken"]
    # More than fifty can be asked for, and fifty come.
    assert len(client.list_functions(MaxItems=10_000)["Functions"]) == 50


def test_a_listing_leaves_out_what_aws_leaves_out(client, create):
    name = create(HELLO)
    everything = client.get_paginator("list_functions").paginate().build_full_result()["Functions"]
    [mine] = [function for function in everything if function["FunctionName"] == name]
    hidden = {"State", "StateReason", "StateReasonCode", "LastUpdateStatus", "RuntimeVersionConfig"}
    assert not mine.keys() & hidden
    assert mine["Version"] == "$LATEST" and mine["FunctionArn"].endswith(f":function:{name}")


def test_all_versions_have_qualified_arns(client, create):
    name = create(HELLO)
    pages = client.get_paginator("list_functions").paginate(FunctionVersion="ALL")
    mine = [f for page in pages for f in page["Functions"] if f["FunctionName"] == name]
    assert [function["FunctionArn"].rsplit(":", 1)[1] for function in mine] == ["$LATEST"]


def test_the_last_page_has_no_marker(client, create):
    create(HELLO)
    assert "NextMarker" not in client.list_functions(MaxItems=50)


def test_a_marker_that_is_no_marker_is_refused(refused):
    status, code, _ = refused("list_functions", Marker="not a marker of ours")
    assert (status, code) == (400, "InvalidParameterValueException")


@pytest.mark.parametrize("form", ["{name}", "function:{name}", "000000000000:function:{name}",
                                  "arn:aws:lambda:us-east-1:000000000000:function:{name}",
                                  "{name}:$LATEST",
                                  "arn:aws:lambda:us-east-1:000000000000:function:{name}:$LATEST"])  # fmt: skip
def test_a_function_may_be_named_in_every_form_of_aws(client, create, invoke, form):
    name = create(HELLO)
    called = form.format(name=name)
    assert client.get_function(FunctionName=called)["Configuration"]["FunctionName"] == name
    assert invoke(called)["Payload"] == {"hello": "world"}


def test_a_name_and_a_qualifier_that_differ_are_refused(refused, create):
    name = create(HELLO)
    status, code, _ = refused("get_function", FunctionName=f"{name}:1", Qualifier="2")
    assert (status, code) == (400, "InvalidParameterValueException")


def test_an_operation_that_is_not_there_yet_says_so(client, raw, create):
    name = create(HELLO)
    # In the model but not built: never an HTML page, never a success.
    answer = raw.send("GET", f"/2015-03-31/functions/{name}/policy")
    assert answer.status_code in (400, 404, 501)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["x-amzn-ErrorType"]
    # In no model at all.
    answer = raw.send("GET", "/2015-03-31/nothing")
    assert answer.status_code == 404
    assert answer.headers["x-amzn-ErrorType"].startswith("UnknownOperationException")
