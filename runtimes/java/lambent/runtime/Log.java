package lambent.runtime;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import lambent.runtime.json.Writer;

/** Messages as AWS writes them, text or JSON, filtered by level. Never changes what is printed. */
public final class Log implements LambdaLogger {
    /** The log of the function. */
    public static final Log LOG = new Log();

    private final boolean isJson = "JSON".equalsIgnoreCase(System.getenv("AWS_LAMBDA_LOG_FORMAT"));
    private final LogLevel least = LogLevel.fromString(System.getenv("AWS_LAMBDA_LOG_LEVEL"));
    private final Frames frames = Frames.fromEnvironment();
    /** Not System.out: functions turn that into messages to this log. */
    private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    private volatile Context context;

    private Log() {}

    /** Says whose messages those are that come from now on. */
    void begin(Context invocation) {
        context = invocation;
    }

    /** Writes what went wrong with the function. */
    void failure(Fault fault) {
        log(fault.text(), isJson ? LogLevel.ERROR : LogLevel.UNDEFINED);
    }

    @Override
    public void log(String message) {
        log(message, LogLevel.UNDEFINED);
    }

    @Override
    public void log(byte[] message) {
        log(message, LogLevel.UNDEFINED);
    }

    @Override
    public void log(String message, LogLevel level) {
        if (!isShown(level)) return;
        String text = isJson ? json(message, level) : level == LogLevel.UNDEFINED ? message : "[" + level + "] " + message;
        write(text == null ? "null" : text, level);
    }

    @Override
    public void log(byte[] message, LogLevel level) {
        if (isShown(level)) write(message == null ? "null" : new String(message, StandardCharsets.UTF_8), level);
    }

    private boolean isShown(LogLevel level) {
        return level == LogLevel.UNDEFINED || level.compareTo(least) >= 0;
    }

    private void write(String text, LogLevel level) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (frames != null && frames.write(bytes, isJson, level)) return;
        // Without frames a line is one event, and the next message must not be glued to it.
        byte[] line = text.endsWith("\n") ? bytes : Arrays.copyOf(bytes, bytes.length + 1);
        if (line != bytes) line[bytes.length] = '\n';
        try {
            out.write(line);
        } catch (IOException gone) {
            // Nobody reads the log any more, and nobody could be told.
        }
    }

    private String json(String message, LogLevel level) {
        DateTimeFormatter format = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
        Writer json = new Writer().open('{').name("timestamp").string(format.format(Instant.now()));
        json.name("level").string(level.name());
        json.name("message").string(message == null ? "null" : message);
        Context current = context;
        if (current != null) {
            json.name("AWSRequestId").string(current.getAwsRequestId());
            if (current.getTenantId() != null) json.name("tenantId").string(current.getTenantId());
        }
        return json.close('}').toString();
    }
}
