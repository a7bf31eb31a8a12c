package lambent.runtime;

import java.io.IOException;

/** The life of the runtime: find the handler, then event after event. Never outlives a lost Runtime API. */
final class Loop {
    private final Api api;
    private Handler handler;

    Loop(String address) {
        api = new Api(address);
    }

    void run() throws IOException {
        try {
            ClassLoader code = Code.loader();
            Thread.currentThread().setContextClassLoader(code);
            String name = System.getenv("_HANDLER");
            handler = Handlers.find(name == null ? "" : name, code);
        } catch (Throwable thrown) {
            failInit(thrown instanceof Fault ? (Fault) thrown : Fault.thrown(thrown));
        }
        Api.Event event = api.next();
        while (true) {
            event = handle(event);
        }
    }

    /** A function that cannot be made is told at once, and there is no first event. */
    private void failInit(Fault fault) throws IOException {
        Log.LOG.failure(fault);
        api.failInit(fault.category(), fault.json(), fault.xray());
        System.exit(1);
    }

    /** Handles one invocation and waits for the next. */
    private Api.Event handle(Api.Event event) throws IOException {
        String id = event.header("lambda-runtime-aws-request-id");
        trace(event.header("lambda-runtime-trace-id"));
        Answer answer = new Answer();
        Fault fault = call(event, answer);
        if (fault == null) return api.answerAndNext(id, answer);
        Log.LOG.failure(fault);
        if (fault.endsProcess()) {
            api.fail(id, fault.category(), fault.json(), fault.xray());
            System.exit(1);
        }
        return api.failAndNext(id, fault.category(), fault.json(), fault.xray());
    }

    /** Calls the function; returns what went wrong, null if nothing did. */
    private Fault call(Api.Event event, Answer answer) {
        try {
            Invocation invocation = new Invocation(event);
            Log.LOG.begin(invocation);
            handler.handle(event.body, answer, invocation);
            return null;
        } catch (Fault fault) {
            return fault;
        } catch (Throwable thrown) {
            return Fault.thrown(thrown);
        }
    }

    /** Shows the trace of this invocation to AWS X-Ray's libraries. */
    private static void trace(String header) {
        if (header == null) System.clearProperty("com.amazonaws.xray.traceHeader");
        else System.setProperty("com.amazonaws.xray.traceHeader", header);
    }
}
