package lambent.runtime.json;

/** JSON that is none, or that is no value of the type asked for; or a value that has no JSON. */
public final class Mismatch extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With what is wrong. */
    public Mismatch(String message) {
        super(message);
    }

    /** With what is wrong and why. */
    public Mismatch(String message, Throwable cause) {
        super(message, cause);
    }
}
