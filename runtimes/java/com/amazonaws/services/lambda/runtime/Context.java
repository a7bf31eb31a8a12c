package com.amazonaws.services.lambda.runtime;

/** What a handler may know about its invocation. */
public interface Context {
    /** The id of the invocation. */
    String getAwsRequestId();

    /** The log group of the function. */
    String getLogGroupName();

    /** The log stream of this execution environment. */
    String getLogStreamName();

    /** The name of the function. */
    String getFunctionName();

    /** The version of the function: a number, or {@code $LATEST}. */
    String getFunctionVersion();

    /** The ARN as it was invoked, with its alias or version. */
    String getInvokedFunctionArn();

    /** Who called, by Amazon Cognito; null if nobody said. */
    CognitoIdentity getIdentity();

    /** What the calling application said about itself; null if it said nothing. */
    ClientContext getClientContext();

    /** Milliseconds until the invocation times out. */
    int getRemainingTimeInMillis();

    /** The memory of the function, in megabytes. */
    int getMemoryLimitInMB();

    /** The log of the function. */
    LambdaLogger getLogger();

    /** The tenant the invocation is for; null without tenants. */
    default String getTenantId() {
        return null;
    }
}
