package lambent.runtime.json;

import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The properties of a class, by public fields and methods, as beans name them. Never calls one. */
final class Bean {
    private static final Map<Class<?>, Bean> KNOWN = new ConcurrentHashMap<>();

    /** In the order of the fields, ancestors first, then of the methods. */
    final Map<String, Property> properties = new LinkedHashMap<>();

    /** How one property is read and written. */
    static final class Property {
        final String name;
        Field field;
        Method getter;
        Method setter;

        Property(String name) {
            this.name = name;
        }

        boolean isReadable() {
            return getter != null || isPublic(field);
        }

        boolean isWritable() {
            return setter != null || field != null && (Modifier.isPublic(field.getModifiers()) || getter != null);
        }

        Type writtenType() {
            return setter != null ? setter.getGenericParameterTypes()[0] : field.getGenericType();
        }

        Member writtenBy() {
            return setter != null ? setter : field;
        }

        Object get(Object bean) throws ReflectiveOperationException {
            return getter != null ? getter.invoke(bean) : field.get(bean);
        }

        void set(Object bean, Object value) throws ReflectiveOperationException {
            if (setter != null) setter.invoke(bean, value);
            else field.set(bean, value);
        }

        private static boolean isPublic(Field field) {
            return field != null && Modifier.isPublic(field.getModifiers());
        }
    }

    private Bean(Class<?> type) {
        Deque<Class<?>> line = new ArrayDeque<>();
        for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass()) line.push(c);
        for (Class<?> c : line) addFields(c);
        for (Method method : type.getMethods()) {
            if (method.getDeclaringClass() != Object.class && !Modifier.isStatic(method.getModifiers()) && !method.isBridge()) addMethod(method);
        }
    }

    static Bean of(Class<?> type) {
        Bean bean = KNOWN.get(type);
        if (bean == null) {
            bean = new Bean(type);
            KNOWN.put(type, bean);
        }
        return bean;
    }

    /** The property of this name; events of AWS's library are written in letters of other cases than their beans. */
    Property named(String name, boolean anyCase) {
        Property property = properties.get(name);
        if (property != null || !anyCase) return property;
        for (Property other : properties.values()) {
            if (other.name.equalsIgnoreCase(name)) return other;
        }
        return null;
    }

    private void addFields(Class<?> type) {
        for (Field field : type.getDeclaredFields()) {
            int is = field.getModifiers();
            if (Modifier.isStatic(is) || Modifier.isTransient(is) || field.isSynthetic()) continue;
            accessible(field);
            property(field.getName()).field = field;
        }
    }

    private void addMethod(Method method) {
        String name = method.getName();
        Class<?> returned = method.getReturnType();
        int count = method.getParameterCount();
        if (count == 0 && name.startsWith("get") && name.length() > 3 && returned != void.class && !name.equals("getClass")) {
            getter(bean(name.substring(3)), method);
        } else if (count == 0 && name.startsWith("is") && name.length() > 2 && (returned == boolean.class || returned == Boolean.class)) {
            Property property = property(bean(name.substring(2)));
            if (property.getter == null) getter(property.name, method);
        } else if (count == 1 && name.startsWith("set") && name.length() > 3) {
            setter(property(bean(name.substring(3))), method);
        } else if (count == 0 && Records.isComponent(method)) {
            getter(name, method);
        }
    }

    private void getter(String name, Method method) {
        accessible(method);
        property(name).getter = method;
    }

    /** Of several setters the one for the type that is got, or that comes as JSON's own. */
    private void setter(Property property, Method method) {
        Class<?> taken = method.getParameterTypes()[0];
        boolean fits = property.setter == null
                || property.getter != null && property.getter.getReturnType() == taken
                || property.field != null && property.field.getType() == taken;
        if (!fits) return;
        accessible(method);
        property.setter = method;
    }

    private Property property(String name) {
        return properties.computeIfAbsent(name, Property::new);
    }

    /** A name as beans write it: {@code URL} stays, {@code Name} becomes {@code name}. */
    private static String bean(String name) {
        if (name.length() > 1 && Character.isUpperCase(name.charAt(1))) return name;
        return Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }

    private static void accessible(java.lang.reflect.AccessibleObject member) {
        try {
            member.setAccessible(true);
        } catch (RuntimeException closed) {
            // The JDK's own classes: their public members can be used all the same.
        }
    }
}
