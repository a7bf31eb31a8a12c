//! The vectors we do not meet, each with its reason. Only shrinks.

/// Why vectors are not met, and which. A vector met that stands here fails the test: lists only shrink.
pub(crate) type Exceptions = &'static [(&'static str, &'static [&'static str])];

/// What clients send that says something else than their parameters.
pub(crate) const INPUT: Exceptions = &[
    (
        "the vector leaves out what names the operation",
        &[
            "SDKAppliedContentEncoding_awsJson1_0",
            "SDKAppliedContentEncoding_awsJson1_1",
            "SDKAppliedContentEncoding_awsQuery",
            "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0",
            "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1",
            "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery",
            "AwsJson10EndpointTrait",
            "AwsJson10EndpointTraitWithHostLabel",
        ],
    ),
    (
        "the vector leaves out the compressed body",
        &[
            "SDKAppliedContentEncoding_restJson1",
            "SDKAppendedGzipAfterProvidedEncoding_restJson1",
            "SDKAppliedContentEncoding_restXml",
            "SDKAppendedGzipAfterProvidedEncoding_restXml",
        ],
    ),
    ("the client's own endpoint adds to the path", &["AwsJson10HostWithPath", "RestJsonHostWithPath"]),
    (
        "the client makes up the token, the server sees it",
        &[
            "QueryProtocolIdempotencyTokenAutoFill",
            "RestJsonQueryIdempotencyTokenAutoFill",
            "QueryIdempotencyTokenAutoFill",
        ],
    ),
    (
        "an empty list or map is not sent",
        &[
            "QueryEmptyQueryMaps",
            "RestJsonHttpPrefixHeadersAreNotPresent",
            "HttpPrefixHeadersAreNotPresent",
            "RestJsonOmitsEmptyListQueryValues",
        ],
    ),
    ("the text is the JSON, not in it", &["MediaTypeHeaderInputBase64"]),
    (
        "a server sees every pair in the map, as Smithy says; the vector is the client's view",
        &[
            "RestJsonQueryParamsStringListMap",
            "RestJsonQueryPrecedence",
            "AllQueryStringTypes",
            "RestXmlQueryStringEscaping",
            "RestXmlSupportsNaNFloatQueryValues",
            "RestXmlSupportsInfinityFloatQueryValues",
            "RestXmlSupportsNegativeInfinityFloatQueryValues",
            "RestXmlZeroAndFalseQueryValues",
            "RestXmlQueryParamsStringListMap",
            "RestXmlQueryPrecedence",
        ],
    ),
    (
        "an empty object is sent for no payload",
        &["RestJsonHttpWithEmptyStructurePayload", "RestJsonHttpWithHeadersButNoPayload"],
    ),
];

/// What clients accept and we do not write.
pub(crate) const OUTPUT: Exceptions = &[
    (
        "we write UTC; offsets are what clients must accept",
        &[
            "AwsJson11DateTimeWithNegativeOffset",
            "AwsJson11DateTimeWithPositiveOffset",
            "AwsQueryDateTimeWithNegativeOffset",
            "AwsQueryDateTimeWithPositiveOffset",
            "RestJsonDateTimeWithNegativeOffset",
            "RestJsonDateTimeWithPositiveOffset",
            "RestXmlDateTimeWithNegativeOffset",
            "RestXmlDateTimeWithPositiveOffset",
        ],
    ),
    (
        "what clients must skip, and nobody writes",
        &[
            "handles_unexpected_json_output",
            "AwsJson10HandlesUnexpectedJsonOutput",
            "AwsJson11DeserializeIgnoreType",
            "AwsJson10DeserializeIgnoreType",
            "RestJsonDeserializeIgnoreType",
            "AwsJson11StructuresDontDeserializeNullValues",
            "AwsJson10DeserializeAllowNulls",
            "RestJsonDeserializesDenseSetMapAndSkipsNull",
            "RestJsonDoesntDeserializeNullStructureValues",
            "RpcV2CborDeserializesDenseSetMapAndSkipsNull",
            "RpcV2CborClientDoesntDeserializeNullStructureValues",
            "RpcV2CborExtraFieldsInTheBodyShouldBeSkippedByClients",
            "IgnoreQueryParamsInResponse",
            "InvalidGreetingError",
        ],
    ),
    (
        "a form of the error's name that clients accept beside ours",
        &[
            "AwsJson11FooErrorUsingXAmznErrorTypeWithUri",
            "AwsJson11FooErrorUsingXAmznErrorTypeWithUriAndNamespace",
            "AwsJson11FooErrorUsingCode",
            "AwsJson11FooErrorUsingCodeAndNamespace",
            "AwsJson11FooErrorUsingCodeUriAndNamespace",
            "AwsJson10FooErrorUsingXAmznErrorTypeWithUri",
            "AwsJson10FooErrorUsingXAmznErrorTypeWithUriAndNamespace",
            "AwsJson10FooErrorUsingCode",
            "AwsJson10FooErrorUsingCodeAndNamespace",
            "AwsJson10FooErrorUsingCodeUriAndNamespace",
            "RestJsonFooErrorUsingXAmznErrorTypeWithUri",
            "RestJsonFooErrorUsingXAmznErrorTypeWithUriAndNamespace",
            "RestJsonFooErrorUsingCode",
            "RestJsonFooErrorUsingCodeAndNamespace",
            "RestJsonFooErrorUsingCodeUriAndNamespace",
            "RestJsonFooErrorWithDunderType",
            "RestJsonFooErrorWithDunderTypeAndNamespace",
            "RestJsonFooErrorWithDunderTypeUriAndNamespace",
        ],
    ),
    ("a request's header in an answer", &["AwsJson11IntEnums"]),
    ("another request id than the one given", &["parses_the_request_id_from_the_response"]),
    (
        "the model says 402",
        &["QueryCompatibleAwsJson10CustomCodeError", "QueryCompatibleRpcV2CborCustomCodeError"],
    ),
    ("botocore, whose clients we serve, reads the item's name first", &["QueryXmlLists", "XmlLists"]),
    ("the shape's namespace is written where restXml wants it", &["QueryXmlNamespaces"]),
    (
        "the length is the HTTP server's",
        &[
            "RestJsonHttpPayloadWithUnsetUnion",
            "RestXmlHttpPayloadWithUnsetUnion",
            "RpcV2CborPayloadWithUnsetUnion",
        ],
    ),
    ("the text is the JSON, not in it", &["MediaTypeHeaderOutputBase64"]),
    ("the message is no member and not given", &["ComplexError"]),
    (
        "without output there is no type of the body",
        &["NoOutputClientAllowsEmptyCbor", "NoOutputClientAllowsEmptyBody"],
    ),
];
