package com.amazonaws.services.lambda.runtime.logging;

import java.util.Locale;

/** How grave a message is, from the least on. */
public enum LogLevel {
    /** Not said: always written. */
    UNDEFINED,
    TRACE,
    DEBUG,
    INFO,
    WARN,
    ERROR,
    FATAL;

    /** The level of this name, in letters of any case; {@link #UNDEFINED} for none. */
    public static LogLevel fromString(String logLevel) {
        try {
            return valueOf(logLevel.toUpperCase(Locale.ROOT));
        } catch (Exception noSuchLevel) {
            return UNDEFINED;
        }
    }
}
