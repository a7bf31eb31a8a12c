package lambent.runtime.json;

import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** JSON's texts, numbers and booleans into Java's. */
final class Scalars {
    /** What classes call the method that makes one of a text. */
    private static final String[] FACTORIES = {
        "valueOf", "fromString", "parse", "create", "forName", "getTimeZone", "getInstance", "forLanguageTag", "get", "compile"
    };

    private Scalars() {}

    static boolean is(Class<?> raw) {
        return raw.isPrimitive() || raw.isEnum() || raw == String.class || raw == CharSequence.class || raw == Boolean.class
                || raw == Character.class || Number.class.isAssignableFrom(raw) && raw.getName().startsWith("java.")
                || raw == byte[].class || raw == char[].class || raw == ByteBuffer.class || raw == AtomicBoolean.class;
    }

    /** What null is for a type. */
    static Object absent(Class<?> raw) {
        if (!raw.isPrimitive()) return null;
        if (raw == boolean.class) return false;
        if (raw == char.class) return '\0';
        if (raw == double.class) return 0.0;
        if (raw == float.class) return 0f;
        return number(BigDecimal.ZERO, raw);
    }

    /** Whether a text of blanks is one as well. */
    static boolean isText(Class<?> raw) {
        return raw == String.class || raw == CharSequence.class || raw == char[].class || raw == char.class || raw == Character.class
                || raw == StringBuilder.class || raw == byte[].class;
    }

    static Object bind(Object json, Class<?> raw) {
        if (json == null) return absent(raw);
        if (raw == byte[].class || raw == ByteBuffer.class) return bytes(json, raw);
        if (json instanceof Map || json instanceof List) throw Binder.mismatch(json, raw);
        if (raw == String.class || raw == CharSequence.class) return json.toString();
        if (raw.isEnum()) return constant(json, raw);
        if (raw == char.class || raw == Character.class) return character(json, raw);
        if (raw == char[].class && json instanceof String) return ((String) json).toCharArray();
        if ("null".equals(json)) return absent(raw);
        if (raw == boolean.class || raw == Boolean.class) return bool(json, raw);
        if (raw == AtomicBoolean.class) return new AtomicBoolean(bool(json, boolean.class));
        if (json instanceof Boolean || raw == char[].class) throw Binder.mismatch(json, raw);
        if (raw == double.class || raw == Double.class) return real(json, raw);
        if (raw == float.class || raw == Float.class) return real(json, raw).floatValue();
        if (json instanceof String) return number(parsed(((String) json).trim(), json, raw), raw);
        return raw == Number.class && json instanceof Decimal ? (Object) ((Decimal) json).doubleValue() : number(decimal(json), raw);
    }

    /** What stands as one scalar for a class: by a constructor or a factory that takes it. */
    static Object delegate(Object json, Class<?> raw) throws ReflectiveOperationException {
        if (json instanceof List || json == null) throw Binder.mismatch(json, raw);
        if (raw == StringBuilder.class) return new StringBuilder(json.toString());
        if (raw == Locale.class) return locale(json.toString());
        // The JDK's own classes are made from the text of whatever it is.
        Object given = raw.getName().startsWith("java.") ? json.toString() : json;
        Executable factory = factory(given, raw);
        if (factory == null) throw Binder.mismatch(json, raw);
        Object argument = bind(given, factory.getParameterTypes()[0]);
        return factory instanceof Constructor ? ((Constructor<?>) factory).newInstance(argument) : ((Method) factory).invoke(null, argument);
    }

    /** What makes an object of a class from one scalar; null if nothing does. */
    static Executable factory(Object json, Class<?> raw) {
        for (Constructor<?> constructor : raw.getConstructors()) {
            if (constructor.getParameterCount() == 1 && takes(constructor.getParameterTypes()[0], json)) return constructor;
        }
        for (String name : FACTORIES) {
            for (Method method : raw.getMethods()) {
                if (method.getName().equals(name) && method.getParameterCount() == 1 && Modifier.isStatic(method.getModifiers())
                        && raw.isAssignableFrom(method.getReturnType()) && takes(method.getParameterTypes()[0], json)) {
                    return method;
                }
            }
        }
        return null;
    }

    /** An object no constructor has run for; only for classes of AWS's events that have none without arguments. */
    static Object bare(Class<?> raw) throws ReflectiveOperationException {
        Class<?> unsafe = Class.forName("sun.misc.Unsafe");
        java.lang.reflect.Field the = unsafe.getDeclaredField("theUnsafe");
        the.setAccessible(true);
        return unsafe.getMethod("allocateInstance", Class.class).invoke(the.get(null), raw);
    }

    private static boolean takes(Class<?> taken, Object json) {
        if (json instanceof String) return taken == String.class || taken == CharSequence.class;
        if (json instanceof Boolean) return taken == boolean.class || taken == Boolean.class;
        if (json instanceof Decimal) return taken == double.class || taken == Double.class || taken == BigDecimal.class;
        return taken == int.class || taken == Integer.class || taken == long.class || taken == Long.class || taken == BigInteger.class;
    }

    @SuppressWarnings("deprecation") // What replaces the constructor came with Java 19.
    private static Locale locale(String text) {
        String[] parts = text.split("[-_]", 3);
        return new Locale(parts[0], parts.length > 1 ? parts[1] : "", parts.length > 2 ? parts[2] : "");
    }

    private static Object constant(Object json, Class<?> raw) {
        Object[] constants = raw.getEnumConstants();
        if (json instanceof Integer) return numbered((Integer) json, constants);
        if (!(json instanceof String)) throw Binder.mismatch(json, raw);
        String name = ((String) json).trim();
        for (Object constant : constants) {
            if (((Enum<?>) constant).name().equals(name)) return constant;
        }
        boolean isNumber = !name.isEmpty() && name.length() < 10 && name.chars().allMatch(c -> c >= '0' && c <= '9');
        return isNumber ? numbered(Integer.parseInt(name), constants) : null;
    }

    private static Object numbered(int index, Object[] constants) {
        return index >= 0 && index < constants.length ? constants[index] : null;
    }

    private static Boolean bool(Object json, Class<?> raw) {
        if (json instanceof Boolean) return (Boolean) json;
        if (json instanceof Number && !(json instanceof Decimal)) return ((Number) json).doubleValue() != 0;
        String text = json instanceof String ? ((String) json).trim() : "";
        if (text.equals("true") || text.equals("True") || text.equals("TRUE")) return true;
        if (text.equals("false") || text.equals("False") || text.equals("FALSE")) return false;
        throw Binder.mismatch(json, raw);
    }

    private static Object character(Object json, Class<?> raw) {
        if (json instanceof Integer && (Integer) json >= 0 && (Integer) json <= Character.MAX_VALUE) return (char) (int) (Integer) json;
        if (!(json instanceof String)) throw Binder.mismatch(json, raw);
        String text = (String) json;
        if (text.length() > 1 && !text.trim().isEmpty() && !text.equals("null")) throw Binder.mismatch(json, raw);
        return text.length() == 1 ? (Object) text.charAt(0) : absent(raw);
    }

    private static Object bytes(Object json, Class<?> raw) {
        if (json instanceof Map || json instanceof Boolean || json instanceof Decimal) throw Binder.mismatch(json, raw);
        try {
            byte[] bytes = Containers.bytes(json);
            return raw == ByteBuffer.class ? ByteBuffer.wrap(bytes) : bytes;
        } catch (IllegalArgumentException noBase64) {
            throw Binder.mismatch(json, raw);
        }
    }

    private static Double real(Object json, Class<?> raw) {
        if (json instanceof Number) return ((Number) json).doubleValue();
        String text = ((String) json).trim();
        if (text.equals("INF")) return Double.POSITIVE_INFINITY;
        if (text.equals("-INF")) return Double.NEGATIVE_INFINITY;
        if (text.equals("Infinity") || text.equals("-Infinity") || text.equals("NaN")) return Double.valueOf(text);
        return parsed(text, json, raw).doubleValue();
    }

    private static BigDecimal parsed(String text, Object json, Class<?> raw) {
        try {
            boolean isWhole = raw != BigDecimal.class && raw != Number.class && raw != double.class && raw != Double.class && raw != float.class && raw != Float.class;
            return isWhole ? new BigDecimal(new BigInteger(text)) : new BigDecimal(text);
        } catch (NumberFormatException noNumber) {
            throw Binder.mismatch(json, raw);
        }
    }

    static BigDecimal decimal(Object json) {
        if (json instanceof Decimal) return ((Decimal) json).exact();
        if (json instanceof BigInteger) return new BigDecimal((BigInteger) json);
        return BigDecimal.valueOf(((Number) json).longValue());
    }

    private static Object number(BigDecimal value, Class<?> raw) {
        if (raw == BigDecimal.class) return value;
        if (raw == Number.class) return value.scale() > 0 ? (Object) value.doubleValue() : (Object) whole(value);
        if (raw == BigInteger.class) return value.toBigInteger();
        if (raw == AtomicInteger.class) return new AtomicInteger((int) whole(value, raw, Integer.MIN_VALUE, Integer.MAX_VALUE));
        if (raw == AtomicLong.class) return new AtomicLong(whole(value, raw, Long.MIN_VALUE, Long.MAX_VALUE));
        if (raw == long.class || raw == Long.class) return whole(value, raw, Long.MIN_VALUE, Long.MAX_VALUE);
        if (raw == short.class || raw == Short.class) return (short) whole(value, raw, Short.MIN_VALUE, Short.MAX_VALUE);
        // Up to 255: as Jackson, which takes bytes without a sign too.
        if (raw == byte.class || raw == Byte.class) return (byte) whole(value, raw, Byte.MIN_VALUE, 255);
        return (int) whole(value, raw, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    private static Number whole(BigDecimal value) {
        BigInteger whole = value.toBigInteger();
        if (whole.bitLength() < 32) return whole.intValue();
        if (whole.bitLength() < 64) return whole.longValue();
        return whole;
    }

    /** Without what stands behind the point. */
    private static long whole(BigDecimal value, Class<?> raw, long least, long most) {
        if (value.compareTo(BigDecimal.valueOf(least)) < 0 || value.compareTo(BigDecimal.valueOf(most)) > 0) {
            throw new Mismatch("Numeric value (" + value + ") out of range of " + raw.getTypeName() + " (" + least + " - " + most + ")");
        }
        return value.longValue();
    }
}
