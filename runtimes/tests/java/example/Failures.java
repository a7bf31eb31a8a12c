package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.Map;

/** Handlers that fail, each in its own way. */
public class Failures implements RequestHandler<Map<String, String>, String> {
    @Override
    public String handleRequest(Map<String, String> event, Context context) {
        throw new IllegalStateException("wrong state", new RuntimeException("its cause"));
    }

    public String byMethod(Object event) throws Exception {
        throw new Exception();
    }

    public int number(int event) {
        return event;
    }

    public Object circle() {
        Object[] circle = new Object[1];
        circle[0] = circle;
        return circle;
    }

    public String overflows(Object event) {
        return overflows(event);
    }

    public String exits(Object event) {
        System.exit(3);
        return null;
    }

    public static class Unmade {
        public Unmade() {
            throw new IllegalArgumentException("not today");
        }

        public String handle() {
            return null;
        }
    }

    public static class Unloaded {
        static {
            if (true) throw new IllegalArgumentException("never");
        }

        public String handle() {
            return null;
        }
    }

    public class Inner {
        public String handle() {
            return null;
        }
    }

    public static class NeedsMore {
        public NeedsMore(int more) {}

        public String handle() {
            return null;
        }
    }

    public abstract static class Abstract {
        public String handle() {
            return null;
        }
    }

    public static class Untyped<T> implements RequestHandler<T, T> {
        @Override
        public T handleRequest(T event, Context context) {
            return event;
        }
    }
}
