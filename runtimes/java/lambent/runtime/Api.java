package lambent.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The Runtime API over one kept connection, by hand: the JDK's own client costs a start more than the whole runtime. An
 * answer and the request for the next event leave in one write. Never gives up waiting for an event.
 */
final class Api {
    private static final String PREFIX = "/2018-06-01/runtime/";
    private static final int HEAD_MAX = 1 << 20;
    /** Larger bodies are sent by themselves instead of being copied behind their head. */
    private static final int JOIN_MAX = 65536;

    private final String address;
    private final byte[] next;
    private Socket socket;
    private OutputStream out;
    private InputStream in;
    private byte[] held = new byte[16384];
    private int from;
    private int to;

    /** An event with its headers, named in small letters. */
    static final class Event {
        final Map<String, String> headers = new HashMap<>();
        int status;
        byte[] body;

        String header(String name) {
            return headers.get(name);
        }
    }

    /** The server is gone, or speaks another language. */
    static final class Gone extends IOException {
        private static final long serialVersionUID = 1;

        Gone(String message) {
            super(message);
        }
    }

    Api(String address) {
        this.address = address;
        String agent = "lambent-java/" + System.getProperty("java.version");
        next = latin("GET " + PREFIX + "invocation/next HTTP/1.1\r\nHost: " + address + "\r\nUser-Agent: " + agent + "\r\n\r\n");
    }

    Event next() throws IOException {
        connect();
        out.write(next);
        return event();
    }

    Event answerAndNext(String id, Answer answer) throws IOException {
        return postAndNext("invocation/" + id + "/response", "", answer.bytes(), answer.size());
    }

    Event failAndNext(String id, String category, byte[] body, String xray) throws IOException {
        return postAndNext("invocation/" + id + "/error", lines(category, xray), body, body.length);
    }

    void fail(String id, String category, byte[] body, String xray) throws IOException {
        out.write(join(head("invocation/" + id + "/error", lines(category, xray), body.length), body, body.length, false));
        reply();
    }

    void failInit(String category, byte[] body, String xray) throws IOException {
        connect();
        out.write(join(head("init/error", lines(category, xray), body.length), body, body.length, false));
        reply();
    }

    private Event postAndNext(String route, String lines, byte[] body, int length) throws IOException {
        byte[] head = head(route, lines, length);
        try {
            if (length <= JOIN_MAX) {
                out.write(join(head, body, length, true));
            } else {
                out.write(head);
                out.write(body, 0, length);
                out.write(next);
            }
            // 413 and the like are the invocation's end, not the runtime's: the caller is told by the server.
            reply();
            return event();
        } catch (IOException hungUp) {
            // A server that refuses a body may hang up without reading it.
            return next();
        }
    }

    private byte[] join(byte[] head, byte[] body, int length, boolean withNext) {
        byte[] all = new byte[head.length + length + (withNext ? next.length : 0)];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(body, 0, all, head.length, length);
        if (withNext) System.arraycopy(next, 0, all, head.length + length, next.length);
        return all;
    }

    private static String lines(String category, String xray) {
        String lines = "Lambda-Runtime-Function-Error-Type: " + category + "\r\n";
        return xray == null ? lines : lines + "Lambda-Runtime-Function-XRay-Error-Cause: " + xray + "\r\n";
    }

    private byte[] head(String route, String lines, int length) {
        return latin("POST " + PREFIX + route + " HTTP/1.1\r\nHost: " + address + "\r\nContent-Type: application/json\r\n"
                + lines + "Content-Length: " + length + "\r\n\r\n");
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void connect() throws IOException {
        if (socket != null) socket.close();
        from = to = 0;
        int colon = address.lastIndexOf(':');
        socket = new Socket(InetAddress.getByName(address.substring(0, colon)), Integer.parseInt(address.substring(colon + 1)));
        socket.setTcpNoDelay(true);
        out = socket.getOutputStream();
        in = socket.getInputStream();
    }

    private Event event() throws IOException {
        Event event = reply();
        if (event.status != 200) {
            throw new Gone("it has no next event: " + event.status + " " + new String(event.body, StandardCharsets.UTF_8));
        }
        return event;
    }

    /** Reads one reply: status, headers, body. */
    private Event reply() throws IOException {
        while (true) {
            Event reply = new Event();
            String line = line();
            reply.status = Integer.parseInt(line.substring(9, 12));
            while (!(line = line()).isEmpty()) {
                int colon = line.indexOf(':');
                reply.headers.put(line.substring(0, colon).toLowerCase(java.util.Locale.ROOT), line.substring(colon + 1).trim());
            }
            if (reply.header("transfer-encoding") != null) throw new Gone("it answered in chunks, which this client does not read");
            String length = reply.header("content-length");
            reply.body = body(length == null ? 0 : Integer.parseInt(length));
            if (reply.status >= 200) return reply;
        }
    }

    private String line() throws IOException {
        int at = from;
        while (true) {
            for (; at < to; at++) {
                if (held[at] != '\n') continue;
                String line = new String(held, from, at - 1 - from, StandardCharsets.UTF_8);
                from = at + 1;
                return line;
            }
            at -= from;
            fill();
            at += from;
        }
    }

    /** Receives more behind what is held. */
    private void fill() throws IOException {
        if (from > 0) {
            System.arraycopy(held, from, held, 0, to - from);
            to -= from;
            from = 0;
        }
        if (to == held.length) {
            if (to > HEAD_MAX) throw new Gone("its headers have no end");
            held = java.util.Arrays.copyOf(held, 2 * to);
        }
        int count = in.read(held, to, held.length - to);
        if (count < 0) throw new Gone("it hung up");
        to += count;
    }

    private byte[] body(int length) throws IOException {
        byte[] body = new byte[length];
        int have = Math.min(length, to - from);
        System.arraycopy(held, from, body, 0, have);
        from += have;
        while (have < length) {
            int count = in.read(body, have, length - have);
            if (count < 0) throw new Gone("it hung up");
            have += count;
        }
        return body;
    }
}
