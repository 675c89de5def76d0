//! Merging a profile over the one that it extends.

use crate::json::Value;

/// Members that are replaced as a whole, because the order of their members counts.
const WHOLE: &[&str] = &[
    "claims",
    "header",
    "response",
    "introspection",
    "metadata",
    "jwk",
    "body",
    "headers",
];

/// Merges `over` into `base` as RFC 7396 does: objects member by member, `null` removes a member, everything else replaces.
/// Templates ([`WHOLE`]) replace as a whole.
pub(crate) fn merged(base: Value, over: Value) -> Value {
    match (base, over) {
        (Value::Object(mut base), Value::Object(over)) => {
            for (name, value) in over {
                if value.is_null() {
                    base.remove(&name);
                    continue;
                }
                let merged = match base.get_mut(&name) {
                    Some(held) if !WHOLE.contains(&name.as_str()) => {
                        merged(std::mem::take(held), value)
                    }
                    Some(_) | None => value,
                };
                base.insert(name, merged);
            }
            Value::Object(base)
        }
        (_, over) => over,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_merged_null_removes_and_templates_are_replaced() {
        let base =
            Value::from(json!({ "a": { "b": 1, "c": 2 }, "d": 3, "claims": { "x": 1, "y": 2 } }));
        let over =
            Value::from(json!({ "a": { "c": null, "e": 4 }, "claims": { "y": 5 }, "f": [6] }));
        assert_eq!(
            merged(base, over),
            json!({ "a": { "b": 1, "e": 4 }, "d": 3, "claims": { "y": 5 }, "f": [6] }).into()
        );
    }
}
