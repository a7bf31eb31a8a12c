"""What stands beside functions: layers and code signing configs."""

from packages import zip_of

from round_trip import Noun, Row

ARN = "arn:aws:{}:us-east-1:000000000000:{}"
PROFILE = ARN.format("signer", "/signing-profiles/{}/abcdefghij")


def remember(member, place, reply):
    """Keeps the id that the server gave."""
    place["id"] = reply[member]


def create_layer(client, place, members):
    remember("Version", place, client.publish_layer_version(LayerName=place["name"], **members))


LAYER = Noun(
    create=create_layer,
    read=lambda client, place: client.get_layer_version(LayerName=place["name"], VersionNumber=place["id"]),
    update=None,
    delete=lambda client, place: client.delete_layer_version(LayerName=place["name"], VersionNumber=place["id"]),
    base={"Content": {"ZipFile": zip_of({"python/mine.py": "x = 1"})}},
    inputs=("PublishLayerVersion",),
    aside=("LayerName", "Content"),
    rows={
        "Description": Row("one ü", default=""),
        "CompatibleRuntimes": Row(["python3.13", "nodejs22.x"]),
        "CompatibleArchitectures": Row(["x86_64", "arm64"]),
        "LicenseInfo": Row("Apache-2.0"),
    },
)


def create_signing(client, place, members):
    remember("CodeSigningConfigArn", place, client.create_code_signing_config(**members)["CodeSigningConfig"])


SIGNING = Noun(
    create=create_signing,
    read=lambda client, place: client.get_code_signing_config(CodeSigningConfigArn=place["id"])["CodeSigningConfig"],
    update=lambda client, place, members: client.update_code_signing_config(
        CodeSigningConfigArn=place["id"], **members
    )["CodeSigningConfig"],
    delete=lambda client, place: client.delete_code_signing_config(CodeSigningConfigArn=place["id"]),
    base={"AllowedPublishers": {"SigningProfileVersionArns": [PROFILE.format("one")]}},
    inputs=("CreateCodeSigningConfig", "UpdateCodeSigningConfig"),
    aside=("CodeSigningConfigArn", "Tags"),
    rows={
        "Description": Row("one", "two ü", cleared_by="", cleared=""),
        "AllowedPublishers": Row(
            {"SigningProfileVersionArns": [PROFILE.format("one")]},
            {"SigningProfileVersionArns": [PROFILE.format("one"), PROFILE.format("two")]},
            default={"SigningProfileVersionArns": [PROFILE.format("one")]},
        ),
        "CodeSigningPolicies": Row(
            {"UntrustedArtifactOnDeployment": "Enforce"},
            {"UntrustedArtifactOnDeployment": "Warn"},
            default={"UntrustedArtifactOnDeployment": "Warn"},
        ),
    },
)
