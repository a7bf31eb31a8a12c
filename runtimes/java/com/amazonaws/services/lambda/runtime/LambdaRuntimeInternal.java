package com.amazonaws.services.lambda.runtime;

/** A switch that AWS's appender for Log4j 2 sets when it starts. */
public final class LambdaRuntimeInternal {
    private static volatile boolean useLog4jAppender;

    private LambdaRuntimeInternal() {}

    /** Says that the appender is in use. */
    public static void setUseLog4jAppender(boolean useLog4j) {
        useLog4jAppender = useLog4j;
    }

    /** Whether the appender is in use. */
    public static boolean getUseLog4jAppender() {
        return useLog4jAppender;
    }
}
