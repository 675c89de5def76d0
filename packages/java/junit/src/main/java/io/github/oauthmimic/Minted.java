package io.github.oauthmimic;

import java.util.Map;

/**
 * What {@link Provider#mint} made: one token, or a token response.
 *
 * @param members the members of the answer
 */
public record Minted(Map<String, Object> members) {
    private String text(String member) {
        return members.get(member) instanceof String text ? text : null;
    }

    /**
     * Returns the token of the kind that was ordered.
     *
     * @return the token; null if a token response was ordered
     */
    public String token() {
        return text("token");
    }

    /**
     * Returns the access token of a token response.
     *
     * @return the token; null if one token was ordered
     */
    public String accessToken() {
        return text("access_token");
    }

    /**
     * Returns the refresh token of a token response.
     *
     * @return the token; null if there is none
     */
    public String refreshToken() {
        return text("refresh_token");
    }

    /**
     * Returns the ID token of a token response.
     *
     * @return the token; null if there is none
     */
    public String idToken() {
        return text("id_token");
    }
}
