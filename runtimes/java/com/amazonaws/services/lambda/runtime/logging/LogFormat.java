package com.amazonaws.services.lambda.runtime.logging;

import java.util.Locale;

/** How messages are written. */
public enum LogFormat {
    JSON,
    TEXT;

    /** The format of this name, in letters of any case. */
    public static LogFormat fromString(String logFormat) {
        try {
            return valueOf(logFormat.toUpperCase(Locale.ROOT));
        } catch (Exception noSuchFormat) {
            throw new IllegalArgumentException("Invalid log format: '" + logFormat + "' expected one of [JSON, TEXT]");
        }
    }
}
