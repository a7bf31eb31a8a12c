package lambent.runtime;

import java.io.IOError;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import lambent.runtime.json.Writer;

/** What went wrong with a function, as callers and logs are told. */
final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;
    /** The runtime's own frames end a stack: the function has nothing to do with what called it. */
    private static final String OWN = "lambent.runtime.";

    /** The class of the exception; null if there was none. */
    private final String type;
    private final String trace;
    /** What a function threw; null if the runtime found the fault. */
    private final Throwable thrown;
    private final boolean fatal;

    private Fault(String message, String type, String trace, Throwable thrown, boolean fatal) {
        super(message, null, false, false);
        this.type = type;
        this.trace = trace;
        this.thrown = thrown;
        this.fatal = fatal;
    }

    /** The runtime cannot call the function; told at the first invocation. */
    static Fault of(String message) {
        return new Fault(message, null, null, null, false);
    }

    /** The function, or what it needs, does not load; told at the first invocation. */
    static Fault of(String message, Throwable cause) {
        return new Fault(message, cause.getClass().getName(), trace(cause), null, false);
    }

    /** The function does not load, and never will; told at once. */
    static Fault fatal(String message, Throwable cause) {
        return new Fault(message, cause.getClass().getName(), trace(cause), null, true);
    }

    /** The function threw while it was made. */
    static Fault unmade(Throwable thrown) {
        return new Fault(message(thrown), thrown.getClass().getName(), trace(thrown), thrown, true);
    }

    /** The function threw. */
    static Fault thrown(Throwable thrown) {
        return new Fault(message(thrown), thrown.getClass().getName(), trace(thrown), thrown, false);
    }

    boolean isFatal() {
        return fatal;
    }

    /** Whether the virtual machine cannot be relied on any more. */
    boolean endsProcess() {
        return fatal || thrown instanceof VirtualMachineError || thrown instanceof IOError;
    }

    String category() {
        return thrown == null ? "Runtime.BadFunctionCode" : "Runtime.UserException";
    }

    /** What the log is told. */
    String text() {
        if (type == null && trace == null) return getMessage() + "\n";
        return getMessage() + ": " + type + "\n" + trace + "\n";
    }

    /** What the caller is told. */
    byte[] json() {
        Writer json = new Writer().open('{').name("errorMessage").string(getMessage());
        if (type != null) json.name("errorType").string(type);
        if (thrown != null) {
            json.name("stackTrace").open('[');
            for (StackTraceElement frame : thrown.getStackTrace()) json.element().string(frame.toString());
            json.close(']');
        }
        return json.close('}').toString().getBytes(StandardCharsets.UTF_8);
    }

    /** What AWS X-Ray is told; null if the function threw nothing. */
    String xray() {
        return thrown == null ? null : Xray.cause(thrown);
    }

    private static String message(Throwable thrown) {
        String message = thrown.getLocalizedMessage();
        return message == null ? thrown.getClass().getName() : message;
    }

    private static String trace(Throwable thrown) {
        StringWriter text = new StringWriter();
        cut(thrown, 0).printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }

    /** Takes our own frames, and what called them, from a stack and from those of its causes. */
    static <T extends Throwable> T cut(T thrown, int depth) {
        StackTraceElement[] frames = thrown.getStackTrace();
        for (int i = 0; i < frames.length; i++) {
            if (!frames[i].getClassName().startsWith(OWN)) continue;
            thrown.setStackTrace(java.util.Arrays.copyOf(frames, i));
            break;
        }
        // A cause may be its own cause, in a circle.
        if (thrown.getCause() != null && depth < 100) cut(thrown.getCause(), depth + 1);
        return thrown;
    }
}
