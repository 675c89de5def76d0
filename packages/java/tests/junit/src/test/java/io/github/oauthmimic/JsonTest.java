package io.github.oauthmimic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @Test
    void valuesAreReadAndWritten() {
        var text = "{\"a\":[1,-2.5,1.0E+30,true,false,null,{}],\"b\\\"\\\\\":\"\\u000a\u00e9\\u0001\"}";
        assertEquals("\n\u00e9\u0001", Json.readObject(text).get("b\"\\"));
        var items = Json.readObject(text).get("a");
        assertEquals(Arrays.asList(1L, -2.5, 1e30, true, false, null, Map.of()), items);
        assertEquals(text, Json.write(Json.read(text)));
        assertEquals("[1,2]", Json.write(List.of(1, 2)));
        assertEquals("[\"a\"]", Json.write(new Object[] {"a"}));
        assertEquals("\"\ud83d\ude00/\\u0009\"", Json.write("\ud83d\ude00/\t"));
        assertEquals("\ud83d\ude00/\b\f\r\t", Json.read(" \"\\ud83d\\ude00\\/\\b\\f\\r\\t\" "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[1", "[1,]", "{\"a\"}", "{a:1}", "\"", "\"\\x\"", "\"\\u12\"", "\"\\u12zz\"", "nul", "1 2", "-", "1e"})
    void whatIsNotJsonIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> Json.read(text));
    }

    @Test
    void aTextThatIsNestedTooDeeplyIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Json.read("[".repeat(100_000)));
    }
}
