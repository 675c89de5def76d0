package io.github.oauthmimic;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads and writes JSON (RFC 8259). An object is a {@link Map} in the order of its members, an array a {@link List}, a number
 * a {@link Long} or a {@link Double}.
 */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /**
     * Reads a text.
     *
     * @throws IllegalArgumentException if it is not JSON
     */
    static Object read(String text) {
        var json = new Json(text);
        var value = json.value(0);
        json.space();
        if (json.at < text.length()) {
            throw json.wrong();
        }
        return value;
    }

    /** Reads a text that is an object. */
    static Map<String, Object> readObject(String text) {
        return object(read(text));
    }

    /** The value as an object. */
    @SuppressWarnings("unchecked") // the reader makes no other maps
    static Map<String, Object> object(Object value) {
        if (value instanceof Map) {
            return (Map<String, Object>) value;
        }
        throw new IllegalArgumentException("not a JSON object: " + value);
    }

    /** The value as a list of objects; an empty one if there is none. */
    static List<Map<String, Object>> objects(Object value) {
        return value instanceof List<?> list ? list.stream().map(Json::object).toList() : List.of();
    }

    private IllegalArgumentException wrong() {
        return new IllegalArgumentException("not JSON at character " + at + ": " + text);
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private boolean take(String expected) {
        if (text.startsWith(expected, at)) {
            at += expected.length();
            return true;
        }
        return false;
    }

    private void expect(String expected) {
        space();
        if (!take(expected)) {
            throw wrong();
        }
    }

    private Object value(int depth) {
        space();
        if (depth > 200 || at >= text.length()) {
            throw wrong();
        }
        switch (text.charAt(at)) {
            case '{':
                return members(depth);
            case '[':
                return items(depth);
            case '"':
                return string();
            default:
                if (take("null")) {
                    return null;
                }
                if (take("true")) {
                    return true;
                }
                return take("false") ? (Object) false : number();
        }
    }

    private Map<String, Object> members(int depth) {
        var members = new LinkedHashMap<String, Object>();
        at++;
        space();
        if (take("}")) {
            return members;
        }
        do {
            space();
            var name = string();
            expect(":");
            members.put(name, value(depth + 1));
            space();
        } while (take(","));
        expect("}");
        return members;
    }

    private List<Object> items(int depth) {
        var items = new ArrayList<Object>();
        at++;
        space();
        if (take("]")) {
            return items;
        }
        do {
            items.add(value(depth + 1));
            space();
        } while (take(","));
        expect("]");
        return items;
    }

    private String string() {
        if (!take("\"")) {
            throw wrong();
        }
        var value = new StringBuilder();
        while (true) {
            if (at >= text.length() || text.charAt(at) < ' ') {
                throw wrong();
            }
            var next = text.charAt(at++);
            if (next == '"') {
                return value.toString();
            }
            if (next != '\\') {
                value.append(next);
                continue;
            }
            var escape = at < text.length() ? "\"\\/bfnrtu".indexOf(text.charAt(at++)) : -1;
            if (escape < 0 || (escape == 8 && at + 4 > text.length())) {
                throw wrong();
            }
            if (escape == 8) {
                try {
                    value.append((char) Integer.parseInt(text, at, at + 4, 16));
                } catch (NumberFormatException e) {
                    throw wrong();
                }
                at += 4;
            } else {
                value.append("\"\\/\b\f\n\r\t".charAt(escape));
            }
        }
    }

    private Number number() {
        var start = at;
        while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        var digits = text.substring(start, at);
        try {
            return digits.matches("-?[0-9]{1,18}") ? (Number) Long.valueOf(digits) : Double.valueOf(digits);
        } catch (NumberFormatException e) {
            throw wrong();
        }
    }

    /**
     * Writes a value: a {@link Map}, an {@link Iterable}, an array, a text, a number, a boolean, or null. Anything else is
     * written as the text of its {@code toString}.
     */
    static String write(Object value) {
        var out = new StringBuilder();
        write(out, value);
        return out.toString();
    }

    private static void write(StringBuilder out, Object value) {
        if (value == null || value instanceof Boolean) {
            out.append(value);
        } else if (value instanceof Number number) {
            out.append(number instanceof Double || number instanceof Float
                    ? BigDecimal.valueOf(number.doubleValue()).toString()
                    : number.toString());
        } else if (value instanceof Map<?, ?> map) {
            out.append('{');
            var separator = "";
            for (var member : map.entrySet()) {
                out.append(separator);
                quote(out, String.valueOf(member.getKey()));
                out.append(':');
                write(out, member.getValue());
                separator = ",";
            }
            out.append('}');
        } else if (value instanceof Iterable<?> items) {
            out.append('[');
            var separator = "";
            for (var item : items) {
                out.append(separator);
                write(out, item);
                separator = ",";
            }
            out.append(']');
        } else if (value instanceof Object[] items) {
            write(out, java.util.Arrays.asList(items));
        } else {
            quote(out, value.toString());
        }
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (var next : text.toCharArray()) {
            if (next == '"' || next == '\\') {
                out.append('\\').append(next);
            } else if (next < ' ') {
                out.append(String.format("\\u%04x", (int) next));
            } else {
                out.append(next);
            }
        }
        out.append('"');
    }
}
