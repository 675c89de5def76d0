package io.github.oauthmimic.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Gives the application context of a test a provider of its own. A test gets it by {@code @Autowired Provider provider}.
 *
 * <p>These properties are set before the context starts: {@code spring.security.oauth2.resourceserver.jwt.issuer-uri} and
 * {@code jwk-set-uri}; and, if {@link #clientRegistration} is given, {@code issuer-uri} of
 * {@code spring.security.oauth2.client.provider.NAME}, and {@code provider}, {@code client-id}, {@code client-secret} and, unless
 * the application sets it, {@code scope} of {@code spring.security.oauth2.client.registration.NAME}.
 *
 * <p>Spring keeps a context for all test classes that are configured alike, and its properties do not change. So a context has one
 * sandbox, which is reset before each test: clients, users, tokens, keys, clock, faults and journal. Tests that share a context
 * must therefore not run in parallel. After a failed test, the requests of the sandbox are printed to standard error.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Documented
public @interface EnableOAuthMimic {
    /**
     * The name of a client registration of Spring Security, which becomes a client of the provider with this identifier. Its
     * redirect URIs have the path {@code /login/oauth2/code/NAME} at {@code http://localhost}, {@code http://127.0.0.1} with any
     * port, and {@code http://localhost} with the port of the application.
     *
     * @return the name. Default: no client
     */
    String clientRegistration() default "";

    /**
     * Arguments of the server's command line, such as {@code "--profile", "standard"}. Contexts with the same arguments share a
     * server.
     *
     * @return the arguments. Default: none
     */
    String[] args() default {};
}
