class FirstTest { @org.junit.jupiter.api.Test void first() {} }
