package com.amazonaws.services.lambda.runtime;

/** A function that takes an event as a value and answers with one. */
public interface RequestHandler<I, O> {
    /** Handles one invocation. */
    O handleRequest(I input, Context context);
}
