package lambent.runtime;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import java.io.ByteArrayInputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import lambent.runtime.json.Types;

/** From the name of a handler to what is called: {@code package.Class} or {@code package.Class::method}. */
final class Handlers {
    private Handlers() {}

    /** The handler; one that fails at each invocation where AWS says only then what is wrong. */
    static Handler find(String name, ClassLoader code) {
        int colons = name.lastIndexOf("::");
        String className = colons < 0 ? name : name.substring(0, colons);
        String method = colons < 0 ? null : name.substring(colons + 2);
        if (className.isEmpty() || method != null && method.isEmpty()) {
            return failing(Fault.of("Invalid handler: `" + name + "'"));
        }
        try {
            Class<?> type = load(className, code);
            return method == null ? ofClass(type) : Methods.find(type, method);
        } catch (Fault fault) {
            if (fault.isFatal()) throw fault;
            return failing(fault);
        }
    }

    private static Class<?> load(String name, ClassLoader code) {
        try {
            return Class.forName(name, true, code);
        } catch (ClassNotFoundException missing) {
            throw Fault.of("Class not found: " + name, missing);
        } catch (Throwable broken) {
            String why = broken.getMessage() == null ? "" : ": " + broken.getMessage();
            throw Fault.fatal("Error loading class " + name + why, broken);
        }
    }

    private static Handler failing(Fault fault) {
        return (event, answer, context) -> {
            throw fault;
        };
    }

    private static Handler ofClass(Class<?> type) {
        if (RequestStreamHandler.class.isAssignableFrom(type)) {
            RequestStreamHandler handler = (RequestStreamHandler) make(type);
            return (event, answer, context) -> handler.handleRequest(new ByteArrayInputStream(event), answer, context);
        }
        if (!RequestHandler.class.isAssignableFrom(type)) {
            throw Fault.of("Class " + type.getName() + " does not implement an appropriate handler interface");
        }
        Type[] types = Types.arguments(type, RequestHandler.class);
        for (Type argument : types) {
            if (argument instanceof TypeVariable) {
                throw Fault.of("Class " + type.getName() + " does not implement RequestHandler with concrete type parameters");
            }
        }
        @SuppressWarnings("unchecked")
        RequestHandler<Object, Object> handler = (RequestHandler<Object, Object>) make(type);
        Pojo in = Pojo.of(types[0]);
        Pojo out = Pojo.of(types[1]);
        return (event, answer, context) -> out.write(handler.handleRequest(in.read(event), context), answer);
    }

    /** An object of a handler's class. */
    static Object make(Class<?> type) {
        try {
            Constructor<?> constructor = type.getConstructor();
            return constructor.newInstance();
        } catch (NoSuchMethodException none) {
            boolean isInner = type.getEnclosingClass() != null && !Modifier.isStatic(type.getModifiers());
            throw Fault.of("Class " + type.getName() + (isInner ? " cannot be instantiated because it is a non-static inner class" : " has no public zero-argument constructor"), none);
        } catch (InvocationTargetException thrown) {
            Throwable cause = thrown.getCause() == null ? thrown : thrown.getCause();
            throw Fault.unmade(cause);
        } catch (InstantiationException isAbstract) {
            throw Fault.of("Class " + type.getName() + " is abstract and cannot be instantiated", isAbstract);
        } catch (IllegalAccessException closed) {
            throw Fault.of("Class " + type.getName() + " is not accessible", closed);
        }
    }
}
