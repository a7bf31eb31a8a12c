package lambent.runtime;

import java.util.LinkedHashSet;
import java.util.Set;
import lambent.runtime.json.Writer;

/** The cause of an error as AWS X-Ray takes it. Never longer than a header may be. */
final class Xray {
    private static final int HEADER_MAX = 1 << 20;

    private Xray() {}

    /** The JSON of an exception and the files it went through, in letters a header may hold. */
    static String cause(Throwable thrown) {
        String message = thrown.getLocalizedMessage() == null ? "" : thrown.getLocalizedMessage();
        Writer json = new Writer().open('{').name("working_directory").string(System.getProperty("user.dir"));
        json.name("exceptions").open('[').element().open('{').name("message").string(message);
        json.name("type").string(thrown.getClass().getName()).name("stack").open('[');
        Set<String> paths = new LinkedHashSet<>();
        for (StackTraceElement frame : thrown.getStackTrace()) {
            json.element().open('{').name("label").string(frame.getMethodName());
            if (frame.getFileName() != null) {
                json.name("path").string(frame.getFileName());
                paths.add(frame.getFileName());
            }
            json.name("line").raw(Integer.toString(frame.getLineNumber())).close('}');
        }
        json.close(']').close('}').close(']').name("paths").open('[');
        for (String path : paths) json.element().string(path);
        String text = ascii(json.close(']').close('}').toString());
        return text.length() < HEADER_MAX ? text : null;
    }

    private static String ascii(String json) {
        StringBuilder text = new StringBuilder(json.length());
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (c < 127) text.append(c);
            else text.append("\\u").append(Integer.toHexString(0x10000 | c).substring(1));
        }
        return text.toString();
    }
}
