package io.github.oauthmimic.spring;

import java.util.Optional;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestContextAnnotationUtils;
import org.springframework.test.context.TestExecutionListener;

/**
 * Resets the sandbox before each test, and prints its journal after one that failed. Spring loads it by
 * {@code META-INF/spring.factories}.
 */
final class OAuthMimicTestExecutionListener implements TestExecutionListener {
    /** The sandbox of the context of a test; none without the annotation, or before the context starts. */
    private static Optional<ContextSandbox> sandbox(TestContext test) {
        return TestContextAnnotationUtils.hasAnnotation(test.getTestClass(), EnableOAuthMimic.class)
                        && test.hasApplicationContext()
                ? Optional.of(test.getApplicationContext().getBean(ContextSandbox.class))
                : Optional.empty();
    }

    @Override
    public void beforeTestMethod(TestContext test) {
        sandbox(test).ifPresent(ContextSandbox::reset);
    }

    @Override
    public void afterTestMethod(TestContext test) {
        if (test.getTestException() != null) {
            sandbox(test).ifPresent(held -> System.err.println(held.provider().report()));
        }
    }
}
