package lambent.runtime.json;

import java.lang.reflect.Type;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Values that may be absent, which JSON writes as null. */
final class Optionals {
    private Optionals() {}

    static boolean is(Class<?> raw) {
        return raw == Optional.class || raw == OptionalInt.class || raw == OptionalLong.class || raw == OptionalDouble.class;
    }

    static Object bind(Object json, Class<?> raw, Type type) {
        if (raw == Optional.class) {
            return json == null ? Optional.empty() : Optional.ofNullable(Binder.bind(json, Types.argument(type, Optional.class, 0)));
        }
        if (raw == OptionalInt.class) return json == null ? OptionalInt.empty() : OptionalInt.of((Integer) Binder.bind(json, int.class));
        if (raw == OptionalLong.class) return json == null ? OptionalLong.empty() : OptionalLong.of((Long) Binder.bind(json, long.class));
        return json == null ? OptionalDouble.empty() : OptionalDouble.of((Double) Binder.bind(json, double.class));
    }

    /** What is in it; null if nothing is. */
    static Object content(Object optional) {
        if (optional instanceof Optional) return ((Optional<?>) optional).orElse(null);
        if (optional instanceof OptionalInt) {
            OptionalInt number = (OptionalInt) optional;
            return number.isPresent() ? (Object) number.getAsInt() : null;
        }
        if (optional instanceof OptionalLong) {
            OptionalLong number = (OptionalLong) optional;
            return number.isPresent() ? (Object) number.getAsLong() : null;
        }
        OptionalDouble number = (OptionalDouble) optional;
        return number.isPresent() ? (Object) number.getAsDouble() : null;
    }
}
