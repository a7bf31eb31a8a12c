package lambent.runtime;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * One invocation without a platform or a function: when the runtime is built, it shows that it works, and tells the virtual
 * machine which classes a start needs, to be kept ready in an archive. Never runs in a sandbox.
 */
public final class Rehearsal implements RequestHandler<Map<String, Object>, Object> {
    private static final String EVENT = "{\"text\":\"\\u00e9\",\"number\":1.5,\"list\":[1,true,null]}";
    private static final String EXPECTED = "{\"text\":\"\u00e9\",\"number\":1.5,\"list\":[1,true,null]}";

    /** Answers with the event. */
    @Override
    public Object handleRequest(Map<String, Object> input, Context context) {
        return input;
    }

    /** Runs it; throws if anything is not as it should be. */
    static void run() throws Throwable {
        // What a start needs beside what is run here.
        Class.forName("lambent.runtime.Loop");
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Api api = new Api("127.0.0.1:" + server.getLocalPort());
            Thread platform = new Thread(() -> serve(server), "platform");
            platform.setDaemon(true);
            platform.start();
            ClassLoader code = Code.loader();
            Thread.currentThread().setContextClassLoader(code);
            Handler handler = Handlers.find(Rehearsal.class.getName(), code);
            Api.Event event = api.next();
            Answer answer = new Answer();
            Invocation invocation = new Invocation(event);
            Log.LOG.begin(invocation);
            Log.LOG.log("rehearsed\n");
            handler.handle(event.body, answer, invocation);
            String answered = new String(answer.bytes(), 0, answer.size(), StandardCharsets.UTF_8);
            if (!answered.equals(EXPECTED)) throw new IllegalStateException("answered " + answered);
            api.answerAndNext(event.header("lambda-runtime-aws-request-id"), answer);
        }
    }

    /** Hands out two events on one connection, and hangs up. */
    private static void serve(ServerSocket server) {
        try (Socket socket = server.accept()) {
            byte[] body = EVENT.getBytes(StandardCharsets.UTF_8);
            String head = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nContent-Length: " + body.length + "\r\n\r\n";
            byte[] event = (head + EVENT).getBytes(StandardCharsets.UTF_8);
            await(socket.getInputStream());
            socket.getOutputStream().write(event);
            await(socket.getInputStream());
            socket.getOutputStream().write("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().write(event);
            await(socket.getInputStream());
        } catch (IOException ended) {
            // The rehearsal is over.
        }
    }

    private static void await(InputStream in) throws IOException {
        if (in.read(new byte[4096]) < 0) throw new IOException("ended");
    }
}
