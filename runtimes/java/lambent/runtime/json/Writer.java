package lambent.runtime.json;

/** Writes JSON token by token; commas come by themselves. Never checks that brackets match. */
public final class Writer {
    private final StringBuilder text = new StringBuilder();
    private boolean isFirst = true;

    /** Opens an object or a list. */
    public Writer open(char bracket) {
        text.append(bracket);
        isFirst = true;
        return this;
    }

    /** Closes an object or a list. */
    public Writer close(char bracket) {
        text.append(bracket);
        isFirst = false;
        return this;
    }

    /** Begins an element of a list. */
    public Writer element() {
        if (!isFirst) text.append(',');
        isFirst = false;
        return this;
    }

    /** Begins a member of an object. */
    public Writer name(String name) {
        element().string(name);
        text.append(':');
        return this;
    }

    /** Writes what is JSON already. */
    public Writer raw(String json) {
        text.append(json);
        return this;
    }

    /** Writes a text in quotes. */
    public Writer string(String value) {
        text.append('"');
        int from = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c >= ' ' && c != '"' && c != '\\') continue;
            text.append(value, from, i);
            escape(c);
            from = i + 1;
        }
        text.append(value, from, value.length()).append('"');
        return this;
    }

    private void escape(char c) {
        switch (c) {
            case '"': text.append("\\\""); break;
            case '\\': text.append("\\\\"); break;
            case '\n': text.append("\\n"); break;
            case '\r': text.append("\\r"); break;
            case '\t': text.append("\\t"); break;
            case '\b': text.append("\\b"); break;
            case '\f': text.append("\\f"); break;
            default: text.append("\\u").append(Integer.toHexString(0x10000 | c).toUpperCase(java.util.Locale.ROOT), 1, 5);
        }
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
