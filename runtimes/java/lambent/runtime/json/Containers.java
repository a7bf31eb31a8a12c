package lambent.runtime.json;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** JSON into arrays, collections and maps. A value that is no list stands for a list of one. */
final class Containers {
    /** What an interface is made as, the first that is one. */
    private static final Class<?>[] COLLECTIONS = {ArrayList.class, HashSet.class, TreeSet.class, LinkedList.class};
    private static final Class<?>[] MAPS = {LinkedHashMap.class, TreeMap.class, ConcurrentHashMap.class, ConcurrentSkipListMap.class};

    private Containers() {}

    static boolean isCollection(Class<?> raw) {
        return raw == Iterable.class || Collection.class.isAssignableFrom(raw);
    }

    static Object array(Object json, Type type) {
        Type item = type instanceof GenericArrayType ? ((GenericArrayType) type).getGenericComponentType() : Types.raw(type).getComponentType();
        List<?> list = list(json);
        Object array = Array.newInstance(Types.raw(item), list.size());
        for (int i = 0; i < list.size(); i++) Array.set(array, i, Binder.bind(list.get(i), item));
        return array;
    }

    static Object collection(Object json, Type type, Class<?> raw) {
        Type item = Types.argument(type, Iterable.class, 0);
        List<?> list = list(json);
        @SuppressWarnings("unchecked")
        Collection<Object> collection = (Collection<Object>) make(raw == Iterable.class ? List.class : raw, COLLECTIONS, json);
        for (Object value : list) collection.add(Binder.bind(value, item));
        return collection;
    }

    static Object map(Object json, Type type, Class<?> raw) {
        if (!(json instanceof Map)) throw Binder.mismatch(json, raw);
        Type key = Types.argument(type, Map.class, 0);
        Type value = raw == Properties.class ? String.class : Types.argument(type, Map.class, 1);
        Map<Object, Object> map = emptyMap(raw, Types.raw(key), json);
        for (Map.Entry<?, ?> entry : ((Map<?, ?>) json).entrySet()) {
            Object bound = Binder.bind(entry.getKey(), key);
            // Constants that are not known are left out.
            if (bound != null) map.put(bound, Binder.bind(entry.getValue(), value));
        }
        return map;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Map<Object, Object> emptyMap(Class<?> raw, Class<?> key, Object json) {
        if (raw == EnumMap.class) return (Map<Object, Object>) new EnumMap(key);
        return (Map<Object, Object>) make(raw, MAPS, json);
    }

    /** The list, or a list of the one value. */
    private static List<?> list(Object json) {
        return json instanceof List ? (List<?>) json : Collections.singletonList(json);
    }

    private static Object make(Class<?> raw, Class<?>[] usual, Object json) {
        for (Class<?> candidate : usual) {
            if (raw.isInterface() && raw.isAssignableFrom(candidate)) raw = candidate;
        }
        if (raw.isAssignableFrom(HashSet.class) && raw.getName().startsWith("java.util.Abstract")) raw = HashSet.class;
        try {
            Constructor<?> constructor = raw.getDeclaredConstructor();
            if (!raw.getName().startsWith("java.")) constructor.setAccessible(true);
            return constructor.newInstance();
        } catch (ReflectiveOperationException none) {
            throw Binder.mismatch(json, raw);
        }
    }

    /** Base64, or a list of numbers. */
    static byte[] bytes(Object json) {
        if (json instanceof String) {
            if (((String) json).length() % 4 != 0) throw Binder.mismatch(json, byte[].class);
            return Base64.getDecoder().decode((String) json);
        }
        List<?> list = list(json);
        byte[] bytes = new byte[list.size()];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (Byte) Binder.bind(list.get(i), byte.class);
        return bytes;
    }
}
