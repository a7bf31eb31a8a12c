package com.amazonaws.services.lambda.runtime;

import lambent.runtime.Log;

/** What libraries may use without a context. */
public final class LambdaRuntime {
    private LambdaRuntime() {}

    /** The log of the function. */
    public static LambdaLogger getLogger() {
        return Log.LOG;
    }
}
