package lambent.runtime.json;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.List;
import java.util.Map;

/** JSON into values of a type: beans, records, containers and scalars, as AWS's runtime binds them. */
public final class Binder {
    /** AWS's library of events, whose JSON is in other cases than its beans. */
    private static final String EVENTS = "com.amazonaws.services.lambda.runtime.events.";

    private Binder() {}

    /** A JSON text as a value of {@code type}. */
    public static Object read(String text, Type type) {
        return bind(Reader.read(text), type);
    }

    /** What {@link Reader} read, as a value of {@code type}. */
    static Object bind(Object json, Type type) {
        Class<?> raw = Types.raw(type);
        if (raw == Object.class || raw == java.io.Serializable.class) return plain(json);
        if (Optionals.is(raw)) return Optionals.bind(json, raw, type);
        if (json == null || isNothing(json, raw)) return Scalars.absent(raw);
        if (raw.isInstance(json) && (raw == String.class || raw == Boolean.class)) return json;
        if (raw.isArray() && raw != byte[].class && raw != char[].class) return Containers.array(json, type);
        if (Scalars.is(raw)) return Scalars.bind(single(json, raw), raw);
        if (Map.class.isAssignableFrom(raw)) return Containers.map(json, type, raw);
        if (Iterable.class.isAssignableFrom(raw) && Containers.isCollection(raw)) return Containers.collection(json, type, raw);
        if (Times.is(raw)) return Times.bind(json, raw);
        return bean(single(json, raw), type, raw);
    }

    static Mismatch mismatch(Object json, Class<?> type) {
        String token = json instanceof Map ? "Object value (token `JsonToken.START_OBJECT`)"
                : json instanceof List ? "Array value (token `JsonToken.START_ARRAY`)"
                : json instanceof String ? "String \"" + json + "\""
                : json instanceof Boolean ? "Boolean value (token `JsonToken.VALUE_" + json.toString().toUpperCase(java.util.Locale.ROOT) + "`)"
                : "Number value (" + json + ")";
        return new Mismatch("Cannot deserialize value of type `" + type.getTypeName() + "` from " + token);
    }

    /** A list of one stands for the one. */
    private static Object single(Object json, Class<?> raw) {
        if (!(json instanceof List)) return json;
        List<?> list = (List<?>) json;
        boolean isOne = list.size() == 1 && (list.get(0) == null ? raw.isPrimitive() : !(list.get(0) instanceof List));
        return isOne ? list.get(0) : json;
    }

    /** What is empty stands for nothing, but for texts and, as a list, for containers. */
    private static boolean isNothing(Object json, Class<?> raw) {
        if (json instanceof String) return isBlank((String) json) && !Scalars.isText(raw) && !isOfText(raw);
        boolean holdsMany = raw.isArray() || Iterable.class.isAssignableFrom(raw);
        return json instanceof List && ((List<?>) json).isEmpty() && !raw.isPrimitive() && !holdsMany;
    }

    private static boolean isBlank(String text) {
        return text.trim().isEmpty();
    }

    /** Whether a class of the function can be made from a text, which may be an empty one. */
    private static boolean isOfText(Class<?> raw) {
        return !raw.isPrimitive() && !raw.isArray() && !raw.getName().startsWith("java.") && Scalars.factory("", raw) != null;
    }

    /** As it comes, with other numbers than whole ones as Double. */
    @SuppressWarnings("unchecked")
    private static Object plain(Object json) {
        if (json instanceof Decimal) return ((Decimal) json).doubleValue();
        if (json instanceof Map) {
            for (Map.Entry<String, Object> entry : ((Map<String, Object>) json).entrySet()) entry.setValue(plain(entry.getValue()));
        }
        if (json instanceof List) {
            List<Object> list = (List<Object>) json;
            for (int i = 0; i < list.size(); i++) list.set(i, plain(list.get(i)));
        }
        return json;
    }

    private static Object bean(Object json, Type type, Class<?> raw) {
        try {
            if (!(json instanceof Map)) return Scalars.delegate(json, raw);
            Map<?, ?> members = (Map<?, ?>) json;
            boolean isEvent = raw.getName().startsWith(EVENTS);
            if (Records.isRecord(raw)) return record(members, type, raw);
            Constructor<?> constructor = constructor(raw);
            Object bean = constructor == null ? Scalars.bare(raw) : constructor.newInstance();
            Bean shape = Bean.of(raw);
            for (Map.Entry<?, ?> member : members.entrySet()) {
                Bean.Property property = shape.named((String) member.getKey(), isEvent);
                if (property != null && (isEvent ? property.field != null || property.setter != null : property.isWritable())) {
                    Object value = member.getValue();
                    // Streams tell times in seconds, which whole numbers would otherwise not mean.
                    boolean isSeconds = isEvent && value instanceof Number && property.writtenType() == java.util.Date.class;
                    property.set(bean, isSeconds ? Times.ofSeconds((Number) value) : bind(value, memberType(type, property)));
                }
            }
            return bean;
        } catch (InvocationTargetException thrown) {
            throw new Mismatch("Problem setting a property of `" + raw.getName() + "`: " + thrown.getCause(), thrown.getCause());
        } catch (ReflectiveOperationException | IllegalArgumentException refused) {
            throw new Mismatch("Cannot construct instance of `" + raw.getName() + "`: " + refused, refused);
        }
    }

    private static Object record(Map<?, ?> members, Type type, Class<?> raw) throws ReflectiveOperationException {
        String[] names = Records.names(raw);
        Type[] types = Records.types(raw);
        Object[] values = new Object[names.length];
        for (int i = 0; i < names.length; i++) {
            values[i] = bind(members.get(names[i]), Types.resolve(types[i], Types.variables(type)));
        }
        Constructor<?> constructor = Records.constructor(raw);
        constructor.setAccessible(true);
        return constructor.newInstance(values);
    }

    /** The constructor without arguments, whoever may call it; null for events that AWS's library makes in another way. */
    private static Constructor<?> constructor(Class<?> raw) throws ReflectiveOperationException {
        if (raw.isInterface() || Modifier.isAbstract(raw.getModifiers())) {
            throw new NoSuchMethodException("abstract types either need to be mapped to concrete types, have custom deserializer, or contain additional type information");
        }
        try {
            Constructor<?> constructor = raw.getDeclaredConstructor();
            constructor.setAccessible(true);
            return constructor;
        } catch (NoSuchMethodException none) {
            if (raw.getName().startsWith(EVENTS)) return null;
            throw new NoSuchMethodException("no Creators, like default constructor, exist: cannot deserialize from Object value (no delegate- or property-based Creator)");
        }
    }

    private static Type memberType(Type type, Bean.Property property) {
        Type declared = property.writtenType();
        if (declared instanceof Class) return declared;
        Type[] arguments = Types.arguments(type, property.writtenBy().getDeclaringClass());
        TypeVariable<?>[] variables = property.writtenBy().getDeclaringClass().getTypeParameters();
        Map<TypeVariable<?>, Type> known = new java.util.HashMap<>();
        for (int i = 0; arguments != null && i < variables.length; i++) known.put(variables[i], arguments[i]);
        return Types.resolve(declared, known);
    }
}
