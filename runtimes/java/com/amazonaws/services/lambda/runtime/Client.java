package com.amazonaws.services.lambda.runtime;

/** An application that calls functions. */
public interface Client {
    /** The id of its installation. */
    String getInstallationId();

    /** Its title. */
    String getAppTitle();

    /** The name of its version. */
    String getAppVersionName();

    /** The code of its version. */
    String getAppVersionCode();

    /** The name of its package. */
    String getAppPackageName();
}
