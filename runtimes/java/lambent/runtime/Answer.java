package lambent.runtime;

import java.io.ByteArrayOutputStream;

/** The bytes a function answers with. Gives them without a copy. */
final class Answer extends ByteArrayOutputStream {
    /** The bytes, of which {@link #size()} count. */
    byte[] bytes() {
        return buf;
    }
}
