package io.github.oauthmimic;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * The extension of JUnit. A test, or a method that runs before or after each, can have a parameter {@link Provider}: a sandbox for
 * this test alone. A parameter {@link TokenServer} is the server, which all tests of a run share.
 *
 * <pre>{@code
 * @ExtendWith(OAuthMimic.class)
 * class RefreshTest {
 *     @Test
 *     void refreshes(Provider provider) {
 *         ...
 *     }
 * }
 * }</pre>
 *
 * <p>In place of the annotation, {@code @RegisterExtension static OAuthMimic mimic = OAuthMimic.with("--profile", "standard")}
 * gives the server arguments; classes with the same arguments share a server. After a failed test, the requests of its sandbox are
 * printed to standard error. In a method that runs before or after all tests of a class, and in a constructor, the parameter
 * {@code Provider} is a sandbox for the class.
 */
public final class OAuthMimic implements ParameterResolver, AfterEachCallback, AfterAllCallback {
    private static final Namespace NAMESPACE = Namespace.create(OAuthMimic.class);

    private final List<String> arguments;

    /** Makes the extension with a server that has no arguments. */
    public OAuthMimic() {
        this(List.of());
    }

    private OAuthMimic(List<String> arguments) {
        this.arguments = arguments;
    }

    /**
     * Makes the extension with a server that has arguments.
     *
     * @param arguments arguments of the command line, such as {@code "--profile", "standard"}
     * @return the extension, for a field with {@code @RegisterExtension}
     */
    public static OAuthMimic with(String... arguments) {
        return new OAuthMimic(List.of(arguments));
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        var type = parameter.getParameter().getType();
        return type == Provider.class || type == TokenServer.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Provider.class ? provider(context) : server(context);
    }

    /** The server of the run: the store of the root closes it at the end. */
    @SuppressWarnings("deprecation") // JUnit 6 prefers a method that JUnit 5 does not have
    private TokenServer server(ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .getOrComputeIfAbsent(arguments, each -> TokenServer.start(arguments.toArray(String[]::new)), TokenServer.class);
    }

    /** The key of the provider of a context. A store also finds what an enclosing context has: the key names the context. */
    private List<Object> key(ExtensionContext context) {
        return List.of(context.getUniqueId(), arguments);
    }

    @SuppressWarnings("deprecation") // as above
    private Provider provider(ExtensionContext context) {
        return context.getStore(NAMESPACE)
                .getOrComputeIfAbsent(
                        key(context), each -> server(context).sandbox(new NewSandbox().label(label(context))), Provider.class);
    }

    /** The name of the test: its class and its method, and what distinguishes an invocation of it. */
    private static String label(ExtensionContext context) {
        List<String> parts = new ArrayList<>();
        context.getTestClass().ifPresent(type -> parts.add(type.getName().replaceFirst("^.*\\.", "")));
        context.getTestMethod().ifPresent(method -> {
            parts.add(method.getName());
            if (!context.getDisplayName().startsWith(method.getName() + "(")) {
                parts.add(context.getDisplayName());
            }
        });
        return String.join(" ", parts);
    }

    private Optional<Provider> held(ExtensionContext context) {
        return Optional.ofNullable(context.getStore(NAMESPACE).get(key(context), Provider.class));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            for (var each = Optional.of(context); each.isPresent(); each = each.get().getParent()) {
                held(each.get()).ifPresent(provider -> System.err.println(provider.report()));
            }
        }
        close(context);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close(context);
    }

    /** Removes the sandbox of a context. JUnit before 5.13 does not close what a store has. */
    private void close(ExtensionContext context) {
        var provider = context.getStore(NAMESPACE).remove(key(context), Provider.class);
        if (provider != null) {
            provider.close();
        }
    }
}
