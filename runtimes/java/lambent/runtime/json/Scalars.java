package lambent.runtime.json;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** JSON's texts, numbers and booleans into Java's. */
final class Scalars {
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
        return number(BigDecimal.ZERO, raw);
    }

    static Object bind(Object json, Class<?> raw) {
        if (json == null) return absent(raw);
        if (json instanceof Map || json instanceof List) throw Binder.mismatch(json, raw);
        if (raw == String.class || raw == CharSequence.class) return text(json);
        if (raw.isEnum()) return constant(json, raw);
        if (raw == boolean.class || raw == Boolean.class) return bool(json, raw);
        if (raw == AtomicBoolean.class) return new AtomicBoolean(bool(json, boolean.class));
        if (raw == char.class || raw == Character.class) return character(json, raw);
        if (raw == byte[].class || raw == ByteBuffer.class) return bytes(json, raw);
        if (raw == char[].class) return text(json).toCharArray();
        if (json instanceof Boolean) throw Binder.mismatch(json, raw);
        if (json instanceof String) {
            String text = ((String) json).trim();
            if (text.isEmpty()) return absent(raw);
            return number(parsed(text, json, raw), raw);
        }
        return number(decimal(json), raw);
    }

    /** What stands as one scalar for a class of the function: by a constructor or a factory that takes it. */
    static Object delegate(Object json, Class<?> raw) throws ReflectiveOperationException {
        for (Constructor<?> constructor : raw.getDeclaredConstructors()) {
            if (constructor.getParameterCount() == 1 && Modifier.isPublic(constructor.getModifiers()) && takes(constructor.getParameterTypes()[0], json)) {
                return constructor.newInstance(bind(json, constructor.getParameterTypes()[0]));
            }
        }
        for (String name : new String[] {"valueOf", "fromString", "parse", "create", "forName", "getTimeZone", "getInstance", "forLanguageTag", "get", "compile"}) {
            for (Method method : raw.getMethods()) {
                if (method.getName().equals(name) && method.getParameterCount() == 1 && Modifier.isStatic(method.getModifiers())
                        && raw.isAssignableFrom(method.getReturnType()) && takes(method.getParameterTypes()[0], json)) {
                    return method.invoke(null, bind(json, method.getParameterTypes()[0]));
                }
            }
        }
        throw Binder.mismatch(json, raw);
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
        if (json instanceof BigDecimal) return taken == double.class || taken == Double.class || taken == BigDecimal.class;
        return taken == int.class || taken == Integer.class || taken == long.class || taken == Long.class || taken == BigInteger.class;
    }

    private static String text(Object json) {
        return json.toString();
    }

    private static Object constant(Object json, Class<?> raw) {
        Object[] constants = raw.getEnumConstants();
        if (json instanceof Integer) {
            int index = (Integer) json;
            return index >= 0 && index < constants.length ? constants[index] : null;
        }
        for (Object constant : constants) {
            if (((Enum<?>) constant).name().equals(json)) return constant;
        }
        return null;
    }

    private static Boolean bool(Object json, Class<?> raw) {
        if (json instanceof Boolean) return (Boolean) json;
        if (json instanceof Integer) return (Integer) json != 0;
        if ("true".equals(json) || "True".equals(json) || "TRUE".equals(json)) return true;
        if ("false".equals(json) || "False".equals(json) || "FALSE".equals(json)) return false;
        if ("".equals(json)) return (Boolean) absent(raw);
        throw Binder.mismatch(json, raw);
    }

    private static Object character(Object json, Class<?> raw) {
        if (json instanceof Integer) return (char) (int) (Integer) json;
        if (!(json instanceof String) || ((String) json).length() > 1) throw Binder.mismatch(json, raw);
        return ((String) json).isEmpty() ? absent(raw) : ((String) json).charAt(0);
    }

    private static Object bytes(Object json, Class<?> raw) {
        if (!(json instanceof String)) throw Binder.mismatch(json, raw);
        try {
            byte[] bytes = Containers.bytes((String) json);
            return raw == ByteBuffer.class ? ByteBuffer.wrap(bytes) : bytes;
        } catch (IllegalArgumentException noBase64) {
            throw Binder.mismatch(json, raw);
        }
    }

    private static BigDecimal parsed(String text, Object json, Class<?> raw) {
        try {
            return new BigDecimal(text);
        } catch (NumberFormatException noNumber) {
            throw Binder.mismatch(json, raw);
        }
    }

    static BigDecimal decimal(Object json) {
        if (json instanceof BigDecimal) return (BigDecimal) json;
        if (json instanceof BigInteger) return new BigDecimal((BigInteger) json);
        return BigDecimal.valueOf(((Number) json).longValue());
    }

    private static Object number(BigDecimal value, Class<?> raw) {
        if (raw == double.class || raw == Double.class) return value.doubleValue();
        if (raw == float.class || raw == Float.class) return value.floatValue();
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
