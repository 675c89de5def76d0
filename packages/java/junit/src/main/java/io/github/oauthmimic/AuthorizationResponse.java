package io.github.oauthmimic;

import java.net.URI;
import java.util.Map;

/**
 * What a client receives at its redirect URI (RFC 6749 §4.1.2).
 *
 * @param url where the browser is sent, with the parameters in the query or the fragment; where it posts them, if the response
 *     mode is {@code form_post}
 * @param parameters all parameters of the response
 */
public record AuthorizationResponse(URI url, Map<String, String> parameters) {
    /**
     * Returns the authorization code.
     *
     * @return the code; null if there is none
     */
    public String code() {
        return parameters.get("code");
    }

    /**
     * Returns the state of the request.
     *
     * @return the state; null if the request had none
     */
    public String state() {
        return parameters.get("state");
    }

    /**
     * Returns why there is no code, such as {@code access_denied}.
     *
     * @return the error code; null if there is no error
     */
    public String error() {
        return parameters.get("error");
    }
}
