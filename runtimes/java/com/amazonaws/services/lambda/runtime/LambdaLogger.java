package com.amazonaws.services.lambda.runtime;

import com.amazonaws.services.lambda.runtime.logging.LogLevel;

/** The log of a function. */
public interface LambdaLogger {
    /** Writes a message. */
    void log(String message);

    /** Writes a message as it is. */
    void log(byte[] message);

    /** Writes a message of a level, if that level is wanted. */
    default void log(String message, LogLevel logLevel) {
        log(message);
    }

    /** Writes a message of a level as it is, if that level is wanted. */
    default void log(byte[] message, LogLevel logLevel) {
        log(message);
    }
}
