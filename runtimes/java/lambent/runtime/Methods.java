package lambent.runtime;

import com.amazonaws.services.lambda.runtime.Context;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lambent.runtime.json.Types;

/**
 * Handlers that are methods. A method takes nothing, an event, a context, or both in this order; or an InputStream, an
 * OutputStream or both, and then perhaps a context.
 */
final class Methods {
    private Methods() {}

    static Handler find(Class<?> type, String name) {
        Method chosen = choose(type, name);
        if (chosen == null) {
            throw Fault.of("No public method named " + name + " with appropriate method signature found on class " + type.getName());
        }
        // A class of a package's own may have public methods.
        chosen.setAccessible(true);
        Object object = Modifier.isStatic(chosen.getModifiers()) ? null : Handlers.make(type);
        return isStream(chosen) ? stream(object, chosen) : pojo(type, object, chosen);
    }

    /** Of several the one with the most parameters, of those one with a context. */
    private static Method choose(Class<?> type, String name) {
        Method best = null;
        for (Method method : type.getMethods()) {
            if (!method.getName().equals(name) || method.isBridge() || !isPossible(method)) continue;
            if (best == null || rank(method) > rank(best)) best = method;
        }
        return best;
    }

    private static int rank(Method method) {
        return 2 * method.getParameterCount() + (hasContext(method) ? 1 : 0);
    }

    private static boolean hasContext(Method method) {
        Class<?>[] taken = method.getParameterTypes();
        return taken.length > 0 && Context.class.isAssignableFrom(taken[taken.length - 1]);
    }

    private static boolean isStream(Method method) {
        for (Class<?> taken : method.getParameterTypes()) {
            if (taken == InputStream.class || taken == OutputStream.class) return true;
        }
        return false;
    }

    private static boolean isPossible(Method method) {
        List<Class<?>> taken = new ArrayList<>(java.util.Arrays.asList(method.getParameterTypes()));
        if (hasContext(method)) taken.remove(taken.size() - 1);
        if (!isStream(method)) return taken.size() <= 1;
        if (taken.get(0) == InputStream.class) taken.remove(0);
        if (!taken.isEmpty() && taken.get(0) == OutputStream.class) taken.remove(0);
        return taken.isEmpty() && method.getReturnType() == void.class;
    }

    private static Handler stream(Object object, Method method) {
        Class<?>[] taken = method.getParameterTypes();
        return (event, answer, context) -> {
            Object[] arguments = new Object[taken.length];
            for (int i = 0; i < taken.length; i++) {
                arguments[i] = taken[i] == InputStream.class ? new ByteArrayInputStream(event) : taken[i] == OutputStream.class ? answer : context;
            }
            call(object, method, arguments);
        };
    }

    private static Handler pojo(Class<?> type, Object object, Method method) {
        boolean hasContext = hasContext(method);
        int count = method.getParameterCount();
        boolean hasEvent = count > (hasContext ? 1 : 0);
        Pojo in = hasEvent ? Pojo.of(seenFrom(type, method, method.getGenericParameterTypes()[0])) : null;
        Pojo out = method.getReturnType() == void.class ? null : Pojo.of(seenFrom(type, method, method.getGenericReturnType()));
        return (event, answer, context) -> {
            Object[] arguments = new Object[count];
            if (hasEvent) arguments[0] = in.read(event);
            if (hasContext) arguments[count - 1] = context;
            Object result = call(object, method, arguments);
            if (out == null) answer.write(new byte[] {'n', 'u', 'l', 'l'});
            else out.write(result, answer);
        };
    }

    /** A method of an ancestor may speak of the ancestor's type variables. */
    private static Type seenFrom(Class<?> type, Method method, Type declared) {
        Class<?> ancestor = method.getDeclaringClass();
        Type[] arguments = Types.arguments(type, ancestor);
        Map<java.lang.reflect.TypeVariable<?>, Type> known = new HashMap<>();
        for (int i = 0; arguments != null && i < arguments.length; i++) known.put(ancestor.getTypeParameters()[i], arguments[i]);
        return Types.resolve(declared, known);
    }

    private static Object call(Object object, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(object, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause() == null ? thrown : thrown.getCause();
        }
    }
}
