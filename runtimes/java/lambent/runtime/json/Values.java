package lambent.runtime.json;

import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** Values into JSON, as AWS's runtime writes them: without members that are null. Never writes a circle. */
public final class Values {
    private static final int DEPTH_MAX = 1000;
    private final Writer out = new Writer();
    private int depth;

    private Values() {}

    /** The JSON of a value. */
    public static String write(Object value) {
        Values values = new Values();
        try {
            values.value(value);
        } catch (StackOverflowError endless) {
            throw new Mismatch("Infinite recursion (StackOverflowError)");
        }
        return values.out.toString();
    }

    private void value(Object value) {
        if (++depth > DEPTH_MAX) throw new Mismatch("Document nesting depth (" + depth + ") exceeds the maximum allowed (" + DEPTH_MAX + ")");
        if (value == null) out.raw("null");
        else if (!scalar(value)) composite(value);
        depth--;
    }

    private boolean scalar(Object value) {
        if (value instanceof String) out.string((String) value);
        else if (value instanceof Boolean || value instanceof AtomicBoolean) out.raw(value.toString());
        else if (value instanceof Double || value instanceof Float) real(((Number) value).doubleValue(), value);
        else if (value instanceof Number && value.getClass().getName().startsWith("java.")) out.raw(value.toString());
        else if (value instanceof Enum) out.string(((Enum<?>) value).name());
        else if (value instanceof Character || value instanceof CharSequence) out.string(value.toString());
        else if (value instanceof char[]) out.string(new String((char[]) value));
        else if (value instanceof byte[]) out.string(Base64.getEncoder().encodeToString((byte[]) value));
        else if (value instanceof ByteBuffer) out.string(Base64.getEncoder().encodeToString(bytes((ByteBuffer) value)));
        else if (value instanceof Class) out.string(((Class<?>) value).getName());
        else if (Times.is(value.getClass())) Times.write(value, out);
        else if (isNamed(value)) out.string(value instanceof java.util.TimeZone ? ((java.util.TimeZone) value).getID() : value.toString());
        else return false;
        return true;
    }

    /** What Java has classes for, and JSON only a text. */
    private static boolean isNamed(Object value) {
        return value instanceof java.util.UUID || value instanceof java.net.URI || value instanceof java.net.URL
                || value instanceof java.util.Locale || value instanceof java.util.Currency || value instanceof java.util.TimeZone
                || value instanceof java.io.File || value instanceof java.util.regex.Pattern || value instanceof java.nio.charset.Charset
                || value instanceof java.net.InetAddress;
    }

    private void real(double number, Object value) {
        if (Double.isNaN(number) || Double.isInfinite(number)) out.string(value.toString());
        else out.raw(value.toString());
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private void composite(Object value) {
        if (value instanceof Map) map((Map<?, ?>) value);
        else if (value instanceof java.nio.file.Path) out.string(((java.nio.file.Path) value).toUri().toString());
        else if (value instanceof java.util.concurrent.atomic.AtomicReference) value(((java.util.concurrent.atomic.AtomicReference<?>) value).get());
        else if (value instanceof Iterable) list(((Iterable<?>) value).iterator());
        else if (value instanceof Iterator) list((Iterator<?>) value);
        else if (value.getClass().isArray()) array(value);
        else if (value instanceof Map.Entry) entry((Map.Entry<?, ?>) value);
        else if (Optionals.is(value.getClass())) value(Optionals.content(value));
        else bean(value);
    }

    private void map(Map<?, ?> map) {
        out.open('{');
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (entry.getKey() == null) throw new Mismatch("Null key for a Map not allowed in JSON (use a converting NullKeySerializer?)");
            if (entry.getValue() == null) continue;
            out.name(key(entry.getKey()));
            value(entry.getValue());
        }
        out.close('}');
    }

    private void entry(Map.Entry<?, ?> entry) {
        out.open('{').name(key(entry.getKey()));
        value(entry.getValue());
        out.close('}');
    }

    private static String key(Object key) {
        if (key instanceof Enum) return ((Enum<?>) key).name();
        if (key instanceof Class) return ((Class<?>) key).getName();
        return key.toString();
    }

    private void list(Iterator<?> values) {
        out.open('[');
        while (values.hasNext()) {
            out.element();
            value(values.next());
        }
        out.close(']');
    }

    private void array(Object array) {
        out.open('[');
        for (int i = 0; i < Array.getLength(array); i++) {
            out.element();
            value(Array.get(array, i));
        }
        out.close(']');
    }

    private void bean(Object bean) {
        out.open('{');
        for (Bean.Property property : Bean.of(bean.getClass()).properties.values()) {
            if (!property.isReadable()) continue;
            Object value = read(bean, property);
            if (value == null) continue;
            if (value == bean) throw new Mismatch("Direct self-reference leading to cycle: " + bean.getClass().getName() + "[\"" + property.name + "\"]");
            out.name(property.name);
            value(value);
        }
        out.close('}');
    }

    private static Object read(Object bean, Bean.Property property) {
        try {
            return property.get(bean);
        } catch (InvocationTargetException thrown) {
            throw new Mismatch(thrown.getCause().getMessage() + " (through reference chain: " + bean.getClass().getName() + "[\"" + property.name + "\"])", thrown.getCause());
        } catch (ReflectiveOperationException closed) {
            throw new Mismatch("No access to " + bean.getClass().getName() + "[\"" + property.name + "\"]", closed);
        }
    }
}
