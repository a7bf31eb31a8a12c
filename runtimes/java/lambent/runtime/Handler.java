package lambent.runtime;

import com.amazonaws.services.lambda.runtime.Context;
import java.io.OutputStream;

/** A function, whatever its form. */
interface Handler {
    /** Handles the event of one invocation; what the function throws comes through as it is. */
    void handle(byte[] event, OutputStream answer, Context context) throws Throwable;
}
