package lambent.runtime.json;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON into maps, lists, texts, booleans, nulls and numbers: the smallest of Integer, Long and BigInteger that holds a
 * whole one, {@link Decimal} for others. Never reads what is no JSON.
 */
public final class Reader {
    private static final int DEPTH_MAX = 1000;
    private final String text;
    private int at;
    private int depth;

    private Reader(String text) {
        this.text = text;
    }

    /** The value of a JSON text. */
    public static Object read(String text) {
        Reader reader = new Reader(text);
        Object value = reader.value();
        reader.space();
        if (reader.at < text.length()) throw reader.unexpected("the end of the text");
        return value;
    }

    private Object value() {
        switch (peek()) {
            case '{': return object();
            case '[': return list();
            case '"': return string();
            case 't': return word("true", Boolean.TRUE);
            case 'f': return word("false", Boolean.FALSE);
            case 'n': return word("null", null);
            default: return number();
        }
    }

    private Map<String, Object> object() {
        Map<String, Object> object = new LinkedHashMap<>();
        open();
        if (!closes('}')) {
            do {
                if (peek() != '"') throw unexpected("double-quote to start field name");
                String name = string();
                if (peek() != ':') throw unexpected("a colon to separate field name and value");
                at++;
                object.put(name, value());
            } while (goesOn('}'));
        }
        depth--;
        return object;
    }

    private List<Object> list() {
        List<Object> list = new ArrayList<>();
        open();
        if (!closes(']')) {
            do list.add(value());
            while (goesOn(']'));
        }
        depth--;
        return list;
    }

    private void open() {
        at++;
        if (++depth > DEPTH_MAX) throw new Mismatch("Document nesting depth (" + depth + ") exceeds the maximum allowed (" + DEPTH_MAX + ")");
    }

    private boolean closes(char bracket) {
        if (peek() != bracket) return false;
        at++;
        return true;
    }

    private boolean goesOn(char bracket) {
        char c = peek();
        if (c != ',' && c != bracket) throw unexpected("comma to separate entries");
        at++;
        return c == ',';
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) throw unexpected("JSON String, Number, Array, Object or token 'null', 'true' or 'false'");
        at += word.length();
        return value;
    }

    private String string() {
        int end = ++at;
        while (end < text.length() && text.charAt(end) != '"' && text.charAt(end) != '\\') end++;
        if (end < text.length() && text.charAt(end) == '"') {
            String plain = text.substring(at, end);
            at = end + 1;
            return plain;
        }
        StringBuilder string = new StringBuilder();
        while (true) {
            if (at >= text.length()) throw unexpected("closing quote for a string value");
            char c = text.charAt(at++);
            if (c == '"') return string.toString();
            string.append(c == '\\' ? escaped() : c);
        }
    }

    private char escaped() {
        char c = at < text.length() ? text.charAt(at++) : 0;
        switch (c) {
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case '"': case '\\': case '/': return c;
            case 'u':
                try {
                    at += 4;
                    return (char) Integer.parseInt(text.substring(at - 4, at), 16);
                } catch (RuntimeException noHex) {
                    throw unexpected("a hex-digit for character escape sequence");
                }
            default: throw unexpected("an escape sequence");
        }
    }

    private Number number() {
        int from = at;
        boolean isWhole = true;
        while (at < text.length() && "+-0123456789.eE".indexOf(text.charAt(at)) >= 0) {
            isWhole &= ".eE".indexOf(text.charAt(at++)) < 0;
        }
        String digits = text.substring(from, at);
        try {
            if (!isWhole) return decimal(digits);
            if (digits.length() > 18) return smallest(new BigInteger(digits));
            long number = Long.parseLong(digits);
            if (number == (int) number) return (int) number;
            return number;
        } catch (NumberFormatException noNumber) {
            at = from;
            throw unexpected("JSON String, Number, Array, Object or token 'null', 'true' or 'false'");
        }
    }

    private static Decimal decimal(String digits) {
        Decimal decimal = new Decimal(digits);
        decimal.exact();
        return decimal;
    }

    private static Number smallest(BigInteger number) {
        if (number.bitLength() < 64) return number.longValue();
        return number;
    }

    private char peek() {
        space();
        if (at >= text.length()) throw new Mismatch("Unexpected end-of-input");
        return text.charAt(at);
    }

    private void space() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) at++;
    }

    private Mismatch unexpected(String expected) {
        String found = at < text.length() ? "character ('" + text.charAt(at) + "')" : "end-of-input";
        return new Mismatch("Unexpected " + found + ": was expecting " + expected + " at offset " + at);
    }
}
