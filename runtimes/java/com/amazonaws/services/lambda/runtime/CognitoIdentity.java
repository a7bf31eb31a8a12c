package com.amazonaws.services.lambda.runtime;

/** Who called, by Amazon Cognito. */
public interface CognitoIdentity {
    /** The identity. */
    String getIdentityId();

    /** The pool the identity is of. */
    String getIdentityPoolId();
}
