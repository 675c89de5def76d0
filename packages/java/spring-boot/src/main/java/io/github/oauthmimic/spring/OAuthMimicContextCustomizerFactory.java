package io.github.oauthmimic.spring;

import java.util.List;
import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.TestContextAnnotationUtils;

/** Finds {@link EnableOAuthMimic} on a test class. Spring loads it by {@code META-INF/spring.factories}. */
final class OAuthMimicContextCustomizerFactory implements ContextCustomizerFactory {
    @Override
    public ContextCustomizer createContextCustomizer(Class<?> type, List<ContextConfigurationAttributes> attributes) {
        var found = TestContextAnnotationUtils.findMergedAnnotation(type, EnableOAuthMimic.class);
        return found == null ? null : new OAuthMimicContextCustomizer(found.clientRegistration(), List.of(found.args()));
    }
}
