/**
 * An OAuth 2.0 and OpenID Connect provider for tests of Spring Boot applications: see
 * {@link io.github.oauthmimic.spring.EnableOAuthMimic}.
 */
package io.github.oauthmimic.spring;
