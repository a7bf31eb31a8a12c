package com.amazonaws.services.lambda.runtime;

import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Type;

/** Reads events and writes answers in place of the runtime: a function brings one as a service. */
public interface CustomPojoSerializer {
    /** The value of a JSON text. */
    <T> T fromJson(InputStream input, Type type);

    /** The value of a JSON text. */
    <T> T fromJson(String input, Type type);

    /** Writes a value as JSON. */
    <T> void toJson(T value, OutputStream output, Type type);
}
