package lambent.runtime;

import com.amazonaws.services.lambda.runtime.CustomPojoSerializer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.ServiceLoader;
import lambent.runtime.json.Binder;
import lambent.runtime.json.Values;

/** Events and answers of one type: by the function's own serializer where it brings one, else by ours. */
final class Pojo {
    private static final String SERVICE = "META-INF/services/" + CustomPojoSerializer.class.getName();
    private static CustomPojoSerializer custom;
    private static boolean looked;

    private final Type type;

    private Pojo(Type type) {
        this.type = type;
    }

    static synchronized Pojo of(Type type) {
        if (!looked) custom = custom(Thread.currentThread().getContextClassLoader());
        looked = true;
        return new Pojo(type);
    }

    private static CustomPojoSerializer custom(ClassLoader code) {
        // ServiceLoader costs milliseconds, and hardly a function brings one.
        if (code.getResource(SERVICE) == null) return null;
        Iterator<CustomPojoSerializer> found = ServiceLoader.load(CustomPojoSerializer.class, code).iterator();
        CustomPojoSerializer first = found.hasNext() ? found.next() : null;
        if (found.hasNext()) {
            Exception many = new IllegalStateException("Too many serializers provided, only 1 is allowed.");
            throw Fault.fatal("Too many serializers provided inside the META-INF/services folder, only 1 is allowed.", many);
        }
        return first;
    }

    Object read(byte[] event) {
        try {
            if (custom != null) return custom.fromJson(new ByteArrayInputStream(event), type);
            return Binder.read(new String(event, StandardCharsets.UTF_8), type);
        } catch (RuntimeException refused) {
            throw Fault.cut(new RuntimeException("An error occurred during JSON parsing", refused), 0);
        }
    }

    void write(Object value, OutputStream answer) throws IOException {
        try {
            if (custom != null) custom.toJson(value, answer, type);
            else answer.write(Values.write(value).getBytes(StandardCharsets.UTF_8));
        } catch (RuntimeException refused) {
            throw Fault.cut(new RuntimeException("An error occurred during JSON serialization of response", refused), 0);
        }
    }
}
