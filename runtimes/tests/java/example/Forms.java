package example;

import com.amazonaws.services.lambda.runtime.ClientContext;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.LambdaRuntime;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.amazonaws.services.lambda.runtime.events.StreamEvent;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A handler of every form. */
public class Forms {
    private static int made;
    private final int number = ++made;

    public String nothing() {
        return "nothing";
    }

    public String onlyContext(Context context) {
        return context.getFunctionName();
    }

    public String onlyEvent(String event) {
        return event + "!";
    }

    public String both(String event, Context context) {
        return event + context.getFunctionName();
    }

    public static int ofClass(int event) {
        return event + 1;
    }

    public void answersNothing(String event) {}

    public int sameObject(Object event) {
        return number;
    }

    public String overloaded(String event) {
        return "one";
    }

    public String overloaded(String event, Context context) {
        return "two";
    }

    public String overloaded(String event, Context context, int tooMany) {
        return "three";
    }

    public long sum(List<Long> numbers) {
        long sum = 0;
        for (Long number : numbers) sum += number;
        return sum;
    }

    public Map<String, Integer> lengths(Map<String, String> event) {
        Map<String, Integer> lengths = new LinkedHashMap<>();
        for (Map.Entry<String, String> entry : event.entrySet()) lengths.put(entry.getKey(), entry.getValue().length());
        return lengths;
    }

    public int[] reversed(int[] event) {
        int[] reversed = new int[event.length];
        for (int i = 0; i < event.length; i++) reversed[i] = event[event.length - 1 - i];
        return reversed;
    }

    public List<String> classes(List<Object> event) {
        List<String> classes = new ArrayList<>();
        for (Object value : event) classes.add(value == null ? null : value.getClass().getSimpleName());
        return classes;
    }

    public void stream(InputStream in, OutputStream out) throws IOException {
        for (int b = in.read(); b >= 0; b = in.read()) out.write(b == 'a' ? 'b' : b);
    }

    public void streamWithContext(InputStream in, OutputStream out, Context context) throws IOException {
        out.write(context.getFunctionVersion().getBytes());
    }

    public void onlyOut(OutputStream out) throws IOException {
        out.write(new byte[] {'{', '}'});
    }

    public void onlyIn(InputStream in, Context context) throws IOException {
        context.getLogger().log("read " + in.read());
    }

    public List<Object> event(StreamEvent event) {
        List<Object> all = new ArrayList<>();
        for (StreamEvent.Record record : event.getRecords()) {
            Collections.addAll(all, record.getEventSourceArn(), record.getArrival(), record.getData(), record.getBOOL());
        }
        return all;
    }

    public String turnsOutputIntoMessages(Object event, Context context) {
        java.io.PrintStream before = System.out;
        System.setOut(new java.io.PrintStream(before) {
            @Override
            public void println(String line) {
                context.getLogger().log("seen: " + line);
            }
        });
        System.out.println("printed");
        System.setOut(before);
        return null;
    }

    public Iterable<String> variables() {
        return System.getenv().keySet();
    }

    int hidden() {
        return 1;
    }

    public String logs(Map<String, Object> event, Context context) {
        LambdaLogger logger = context.getLogger();
        logger.log("plain");
        logger.log("two\nlines\n");
        for (LogLevel level : LogLevel.values()) logger.log("at " + level, level);
        logger.log("bytes".getBytes());
        LambdaRuntime.getLogger().log((String) null);
        System.out.println("printed \u00e9");
        System.err.println("to err");
        return System.getProperty("com.amazonaws.xray.traceHeader");
    }

    public List<Object> context(Object event, Context context) {
        ClientContext client = context.getClientContext();
        List<Object> all = new ArrayList<>();
        Collections.addAll(all, context.getAwsRequestId().length(), context.getLogGroupName(), context.getLogStreamName(), context.getFunctionName(),
                context.getFunctionVersion(), context.getInvokedFunctionArn(), context.getMemoryLimitInMB(), context.getRemainingTimeInMillis() > 0,
                context.getIdentity() == null ? null : context.getIdentity().getIdentityId(), client == null ? null : client.getCustom(),
                client == null ? null : client.getClient().getAppTitle(), client == null ? null : client.getEnvironment(), context.getTenantId());
        return all;
    }

    /** A handler that inherits all but its type. */
    public static class Inherited extends Base<Person> {}

    public abstract static class Base<T> implements RequestHandler<T, Map<String, T>> {
        @Override
        public Map<String, T> handleRequest(T input, Context context) {
            return Collections.singletonMap("of", input);
        }
    }

    public static class Person {
        private String name;
        public int age;

        public String getName() {
            return name;
        }

        public void setName(String name) {
            this.name = name;
        }
    }

    public static class Upper implements RequestHandler<String, String> {
        @Override
        public String handleRequest(String input, Context context) {
            return input.toUpperCase();
        }
    }

    public static class Raw implements RequestStreamHandler {
        @Override
        public void handleRequest(InputStream in, OutputStream out, Context context) throws IOException {
            out.write('[');
            for (int b = in.read(); b >= 0; b = in.read()) out.write(b);
            out.write(']');
        }
    }

    public static class Large implements RequestStreamHandler {
        @Override
        public void handleRequest(InputStream in, OutputStream out, Context context) throws IOException {
            out.write(new byte[200_000]);
        }
    }
}
