package com.amazonaws.services.lambda.runtime;

import java.util.Map;

/** What the calling application said about itself. */
public interface ClientContext {
    /** The application. */
    Client getClient();

    /** What the application added. */
    Map<String, String> getCustom();

    /** Where the application runs. */
    Map<String, String> getEnvironment();
}
