package io.github.oauthmimic;

/** A refusal of the control plane: a problem document (RFC 9457). Also: no server was found, or it did not answer. */
public class MimicException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The HTTP status; 0 if there was no answer. */
    private final int status;
    /** The code of the problem. */
    private final String code;
    /** What is wrong. */
    private final String detail;
    /** The place in the body. */
    private final String pointer;

    MimicException(String message, Throwable cause) {
        super(message, cause);
        status = 0;
        code = "";
        detail = message;
        pointer = "";
    }

    MimicException(String request, int status, String code, String detail, String pointer) {
        super(request + ": " + status + " " + code + (pointer.isEmpty() ? "" : " at " + pointer) + ": " + detail);
        this.status = status;
        this.code = code;
        this.detail = detail;
        this.pointer = pointer;
    }

    /**
     * Returns the HTTP status.
     *
     * @return the status; 0 if there was no answer
     */
    public int status() {
        return status;
    }

    /**
     * Returns what distinguishes problems of one status, such as {@code name_taken}.
     *
     * @return the code; empty if there was no answer
     */
    public String code() {
        return code;
    }

    /**
     * Returns what is wrong, and what to do.
     *
     * @return a text for people
     */
    public String detail() {
        return detail;
    }

    /**
     * Returns the JSON Pointer of the value in the body that is wrong (RFC 6901).
     *
     * @return the pointer; empty if no value is
     */
    public String pointer() {
        return pointer;
    }
}
