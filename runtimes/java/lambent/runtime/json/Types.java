package lambent.runtime.json;

import java.lang.reflect.Array;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.HashMap;
import java.util.Map;

/** What type variables stand for. Never loads a class. */
public final class Types {
    private Types() {}

    /** The class of a type, without its arguments. */
    public static Class<?> raw(Type type) {
        if (type instanceof Class) return (Class<?>) type;
        if (type instanceof ParameterizedType) return (Class<?>) ((ParameterizedType) type).getRawType();
        if (type instanceof GenericArrayType) {
            return Array.newInstance(raw(((GenericArrayType) type).getGenericComponentType()), 0).getClass();
        }
        if (type instanceof WildcardType) return raw(((WildcardType) type).getUpperBounds()[0]);
        if (type instanceof TypeVariable) return raw(((TypeVariable<?>) type).getBounds()[0]);
        return Object.class;
    }

    /** The arguments that {@code type} gives to its ancestor {@code target}; null if it is none of its ancestors. */
    public static Type[] arguments(Type type, Class<?> target) {
        Class<?> raw = raw(type);
        if (raw == target) {
            return type instanceof ParameterizedType ? ((ParameterizedType) type).getActualTypeArguments() : raw.getTypeParameters();
        }
        if (!target.isAssignableFrom(raw)) return null;
        Map<TypeVariable<?>, Type> known = variables(type);
        Type[] above = raw.getGenericInterfaces();
        for (Type ancestor : above) {
            Type[] found = arguments(resolve(ancestor, known), target);
            if (found != null) return found;
        }
        Type parent = raw.getGenericSuperclass();
        return parent == null ? null : arguments(resolve(parent, known), target);
    }

    /** One argument for an ancestor, Object if nothing is known. */
    static Type argument(Type type, Class<?> target, int index) {
        Type[] arguments = arguments(type, target);
        return arguments == null || arguments.length <= index ? Object.class : arguments[index];
    }

    /** What the variables of a type's own class stand for. */
    static Map<TypeVariable<?>, Type> variables(Type type) {
        Map<TypeVariable<?>, Type> known = new HashMap<>();
        if (type instanceof ParameterizedType) {
            Type[] arguments = ((ParameterizedType) type).getActualTypeArguments();
            TypeVariable<?>[] variables = raw(type).getTypeParameters();
            for (int i = 0; i < variables.length; i++) known.put(variables[i], arguments[i]);
        }
        return known;
    }

    /** The type with what is known in place of its variables. */
    public static Type resolve(Type type, Map<TypeVariable<?>, Type> known) {
        if (type instanceof TypeVariable) {
            Type stands = known.get(type);
            return stands == null ? type : stands;
        }
        if (type instanceof GenericArrayType) {
            Type item = resolve(((GenericArrayType) type).getGenericComponentType(), known);
            return (GenericArrayType) () -> item;
        }
        if (!(type instanceof ParameterizedType)) return type;
        ParameterizedType generic = (ParameterizedType) type;
        Type[] arguments = generic.getActualTypeArguments().clone();
        for (int i = 0; i < arguments.length; i++) arguments[i] = resolve(arguments[i], known);
        return new Generic(generic, arguments);
    }

    private static final class Generic implements ParameterizedType {
        private final ParameterizedType of;
        private final Type[] arguments;

        Generic(ParameterizedType of, Type[] arguments) {
            this.of = of;
            this.arguments = arguments;
        }

        @Override
        public Type[] getActualTypeArguments() {
            return arguments;
        }

        @Override
        public Type getRawType() {
            return of.getRawType();
        }

        @Override
        public Type getOwnerType() {
            return of.getOwnerType();
        }
    }
}
