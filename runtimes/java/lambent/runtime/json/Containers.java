package lambent.runtime.json;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** JSON into arrays, collections and maps. A value that is no list stands for a list of one. */
final class Containers {
    /** What an interface is made as, the first that is one. */
    private static final Class<?>[] COLLECTIONS = {ArrayList.class, LinkedHashSet.class, TreeSet.class, ArrayDeque.class};
    private static final Class<?>[] MAPS = {LinkedHashMap.class, TreeMap.class, ConcurrentHashMap.class, ConcurrentSkipListMap.class};

    private Containers() {}

    static boolean isCollection(Class<?> raw) {
        return raw == Iterable.class || Collection.class.isAssignableFrom(raw);
    }

    static Object array(Object json, Type type) {
        Type item = type instanceof GenericArrayType ? ((GenericArrayType) type).getGenericComponentType() : Types.raw(type).getComponentType();
        List<?> list = list(json, Types.raw(type));
        if (list == null) return null;
        Object array = Array.newInstance(Types.raw(item), list.size());
        for (int i = 0; i < list.size(); i++) Array.set(array, i, Binder.bind(list.get(i), item));
        return array;
    }

    static Object collection(Object json, Type type, Class<?> raw) {
        Type item = Types.argument(type, Iterable.class, 0);
        List<?> list = list(json, raw);
        if (list == null) return null;
        @SuppressWarnings("unchecked")
        Collection<Object> collection = (Collection<Object>) make(raw == Iterable.class ? List.class : raw, COLLECTIONS, json);
        for (Object value : list) collection.add(Binder.bind(value, item));
        return collection;
    }

    static Object map(Object json, Type type, Class<?> raw) {
        if (json instanceof String && ((String) json).isEmpty()) return null;
        if (!(json instanceof Map)) throw Binder.mismatch(json, raw);
        Type key = Types.argument(type, Map.class, 0);
        Type value = Types.argument(type, Map.class, 1);
        Map<Object, Object> map = emptyMap(raw, Types.raw(key), json);
        for (Map.Entry<?, ?> entry : ((Map<?, ?>) json).entrySet()) {
            map.put(Binder.bind(entry.getKey(), key), Binder.bind(entry.getValue(), value));
        }
        return map;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Map<Object, Object> emptyMap(Class<?> raw, Class<?> key, Object json) {
        if (raw == EnumMap.class) return (Map<Object, Object>) new EnumMap(key);
        return (Map<Object, Object>) make(raw, MAPS, json);
    }

    /** The list, or a list of the one value; null for an empty text. */
    private static List<?> list(Object json, Class<?> raw) {
        if (json instanceof List) return (List<?>) json;
        if (json instanceof String && ((String) json).isEmpty()) return null;
        return Collections.singletonList(json);
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

    static byte[] bytes(String text) {
        return Base64.getDecoder().decode(text);
    }
}
