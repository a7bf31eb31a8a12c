package lambent.runtime;

import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.Map;

/** Messages in frames, each one event whatever is in it, to a descriptor the platform gave. */
final class Frames {
    private static final String NAME = "_LAMBDA_TELEMETRY_LOG_FD";
    private static final int TEXT = 0xA55A0003;
    private static final int JSON = 0xA55A0002;
    private final FileOutputStream out;

    private Frames(FileOutputStream out) {
        this.out = out;
    }

    /** Null where the platform gave none, or the virtual machine does not let us at it. */
    static Frames fromEnvironment() {
        String number = System.getenv(NAME);
        if (number == null) return null;
        try {
            // The manifest of our jar opens java.io: there is no other way to a descriptor by its number.
            Constructor<FileDescriptor> descriptor = FileDescriptor.class.getDeclaredConstructor(int.class);
            descriptor.setAccessible(true);
            hide();
            return new Frames(new FileOutputStream(descriptor.newInstance(Integer.parseInt(number))));
        } catch (ReflectiveOperationException | RuntimeException closed) {
            return null;
        }
    }

    /** Takes the variable out of the environment: it is neither the function's nor that of the programs it starts. */
    private static void hide() throws ReflectiveOperationException {
        Field variables = Class.forName("java.lang.ProcessEnvironment").getDeclaredField("theEnvironment");
        variables.setAccessible(true);
        ((Map<?, ?>) variables.get(null)).keySet().removeIf(name -> name.toString().equals(NAME));
    }

    /** Writes one message; false if it could not be. */
    synchronized boolean write(byte[] message, boolean isJson, LogLevel level) {
        long millis = System.currentTimeMillis();
        ByteBuffer frame = ByteBuffer.allocate(16 + message.length);
        frame.putInt(kind(isJson, level)).putInt(message.length).putLong(millis * 1000).put(message);
        try {
            out.write(frame.array());
            return true;
        } catch (IOException gone) {
            return false;
        }
    }

    /** The kinds follow each other by level, four apart. */
    private static int kind(boolean isJson, LogLevel level) {
        return (isJson ? JSON : TEXT) + 4 * level.ordinal();
    }
}
