//! http_abuse
