package lambent.runtime;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;

/** Starts the Java runtime of a sandbox; all it does is in {@link Loop}. */
public final class Main {
    private Main() {}

    /** Serves invocations until the process ends. */
    public static void main(String[] arguments) throws Throwable {
        if (arguments.length > 0 && arguments[0].equals("--rehearse")) {
            Rehearsal.run();
            return;
        }
        // Whatever the locale of the host, and nothing kept back: a time-out kills the process.
        System.setOut(unbuffered(FileDescriptor.out));
        System.setErr(unbuffered(FileDescriptor.err));
        try {
            new Loop(System.getenv("AWS_LAMBDA_RUNTIME_API")).run();
        } catch (IOException gone) {
            System.err.println("the Runtime API is of no use any more: " + gone.getMessage());
            System.exit(1);
        }
    }

    private static PrintStream unbuffered(FileDescriptor descriptor) throws IOException {
        return new PrintStream(new FileOutputStream(descriptor), true, "UTF-8");
    }
}
