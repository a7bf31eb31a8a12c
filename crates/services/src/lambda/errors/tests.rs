//! The codes are those of the model.

use super::*;

#[test]
fn every_code_is_in_the_model_with_its_status() {
    for (code, status) in [
        ("ResourceNotFoundException", 404),
        ("ResourceConflictException", 409),
        ("PreconditionFailedException", 412),
        ("ProvisionedConcurrencyConfigNotFoundException", 404),
        ("PolicyLengthExceededException", 400),
        ("PublicPolicyException", 400),
        ("AliasLimitExceededException", 400),
        ("CodeStorageExceededException", 400),
        ("CodeSigningConfigNotFoundException", 404),
        ("CodeVerificationFailedException", 400),
        ("ResourceInUseException", 400),
        ("InvalidParameterValueException", 400),
        ("InvalidRequestContentException", 400),
        ("RequestTooLargeException", 413),
        ("TooManyRequestsException", 429),
        ("InvalidRuntimeException", 502),
        ("InvalidZipFileException", 502),
        ("EFSMountTimeoutException", 408),
        ("RecursiveInvocationException", 400),
        ("ServiceException", 500),
    ] {
        assert_eq!(of(code, "").status(), status, "{code}");
    }
}
