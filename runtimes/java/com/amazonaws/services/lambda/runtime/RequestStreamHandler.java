package com.amazonaws.services.lambda.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A function that reads an event as bytes and writes its answer as bytes. */
public interface RequestStreamHandler {
    /** Handles one invocation. */
    void handleRequest(InputStream input, OutputStream output, Context context) throws IOException;
}
