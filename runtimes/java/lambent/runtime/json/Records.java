package lambent.runtime.json;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Type;

/** Records, by reflection: these sources are compiled for Java 8 too, which has none. */
final class Records {
    private static final Method COMPONENTS = method(Class.class, "getRecordComponents");

    private Records() {}

    static boolean isRecord(Class<?> type) {
        return COMPONENTS != null && type.getSuperclass() != null && type.getSuperclass().getName().equals("java.lang.Record");
    }

    /** Whether a method is the accessor of a component. */
    static boolean isComponent(Method method) {
        Class<?> type = method.getDeclaringClass();
        if (!isRecord(type)) return false;
        for (String name : names(type)) {
            if (name.equals(method.getName())) return true;
        }
        return false;
    }

    static String[] names(Class<?> type) {
        Object components = components(type);
        String[] names = new String[Array.getLength(components)];
        for (int i = 0; i < names.length; i++) names[i] = (String) get(Array.get(components, i), "getName");
        return names;
    }

    static Type[] types(Class<?> type) {
        Object components = components(type);
        Type[] types = new Type[Array.getLength(components)];
        for (int i = 0; i < types.length; i++) types[i] = (Type) get(Array.get(components, i), "getGenericType");
        return types;
    }

    /** The constructor that takes every component. */
    static Constructor<?> constructor(Class<?> type) throws NoSuchMethodException {
        Object components = components(type);
        Class<?>[] classes = new Class<?>[Array.getLength(components)];
        for (int i = 0; i < classes.length; i++) classes[i] = (Class<?>) get(Array.get(components, i), "getType");
        return type.getDeclaredConstructor(classes);
    }

    private static Object components(Class<?> type) {
        try {
            return COMPONENTS.invoke(type);
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Object get(Object component, String name) {
        try {
            return component.getClass().getMethod(name).invoke(component);
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Method method(Class<?> type, String name) {
        try {
            return type.getMethod(name);
        } catch (NoSuchMethodException older) {
            return null;
        }
    }
}
