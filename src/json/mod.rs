//! Reading JSON strictly: fixtures, profiles and the control plane's bodies all come through [`read`].
//!
//! A mistake has the JSON Pointer of its place (RFC 6901) and a message in JSON's words. `strict` refuses what serde would
//! accept by accident, `words` translates serde's messages. A [`Value`] keeps the order of its members.

pub(crate) mod invalid;
mod ordered;
pub(crate) mod pointer;
mod strict;
pub(crate) mod tagged;
mod words;

use serde::de::DeserializeOwned;
use serde_path_to_error::{Deserializer, Track};

pub(crate) use ordered::{Object, Value, typed};
pub(crate) use strict::Strict;
pub(crate) use words::in_words;

/// A mistake in a JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The JSON Pointer of the value that is wrong; empty for the whole document.
    pub(crate) pointer: String,
    /// What is wrong with it.
    pub(crate) problem: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Reads a document that is JSON and nothing else.
pub(crate) fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Mistake> {
    let mut track = Track::new();
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = T::deserialize(Strict(Deserializer::new(&mut json, &mut track)))
        .map_err(|why| mistake(&why, pointer::of(&track.path())))?;
    json.end().map_err(|why| mistake(&why, String::new()))?;
    Ok(value)
}

fn mistake(why: &serde_json::Error, pointer: String) -> Mistake {
    let text = why.to_string();
    let (line, column) = (why.line(), why.column());
    let text = text
        .strip_suffix(&format!(" at line {line} column {column}"))
        .unwrap_or(&text);
    let problem = if why.is_data() {
        in_words(text)
    } else {
        format!("is not JSON: {text}")
    };
    Mistake {
        pointer,
        problem,
        line,
        column,
    }
}

/// Writes a value as JSON. It consists of texts, numbers, lists and structures, whose writing into memory cannot fail.
pub(crate) fn text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(default)]
        inner: Option<Inner>,
        #[serde(default)]
        list: Vec<Inner>,
        #[serde(default)]
        map: BTreeMap<String, Inner>,
        #[serde(default)]
        kind: Option<Kind>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(default)]
        count: Option<u8>,
        #[serde(default)]
        by: i64,
        #[serde(default)]
        claims: serde_json::Value,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
        Nested(Inner),
    }

    fn mistake_in(text: &str) -> (String, String) {
        let Mistake {
            pointer, problem, ..
        } = read::<Outer>(text.as_bytes()).expect_err(text);
        (pointer, problem)
    }

    #[test]
    fn an_array_is_no_object_at_any_depth() {
        for (text, pointer) in [
            ("[]", ""),
            ("[null, [], {}, null]", ""),
            (r#"{"inner":[]}"#, "/inner"),
            (r#"{"inner":[null, 1, {}]}"#, "/inner"),
            (r#"{"list":[{},[]]}"#, "/list/1"),
            (r#"{"map":{"a/b~c":[]}}"#, "/map/a~1b~0c"),
            (r#"{"kind":{"nested":[]}}"#, "/kind/nested"),
        ] {
            let told = mistake_in(text);
            assert_eq!(
                told,
                (
                    pointer.to_owned(),
                    "must be an object, not an array".to_owned()
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn a_number_without_a_fraction_is_a_whole_number() {
        let by = |text: &str| {
            let outer: Outer = read(format!(r#"{{"inner":{{{text}}}}}"#).as_bytes()).expect(text);
            outer.inner.expect("it is there")
        };
        assert_eq!(by(r#""by":5.0"#).by, 5);
        assert_eq!(by(r#""by":-5.0"#).by, -5);
        assert_eq!(by(r#""count":5e0"#).count, Some(5));
        assert_eq!(by(r#""claims":5.0"#).claims, serde_json::json!(5.0));
    }

    #[test]
    fn mistakes_are_told_in_the_words_of_json() {
        for (text, pointer, problem) in [
            (
                r#"{"inner":{"by":5.5}}"#,
                "/inner/by",
                "must be a whole number, not 5.5",
            ),
            (
                r#"{"inner":{"by":"5"}}"#,
                "/inner/by",
                r#"must be a whole number, not the string "5""#,
            ),
            (
                r#"{"inner":{"count":-1}}"#,
                "/inner/count",
                "must be a whole number from 0 to 255, not -1",
            ),
            (
                r#"{"inner":{"count":256.0}}"#,
                "/inner/count",
                "must be a whole number from 0 to 255, not 256",
            ),
            (r#"{"list":{}}"#, "/list", "must be an array, not an object"),
            (r#"{"inner":true}"#, "/inner", "must be an object, not true"),
            (
                r#"{"colour":1}"#,
                "/colour",
                "unknown member `colour`; the members are `inner`, `list`, `map`, `kind`",
            ),
            (
                r#"{"kind":"round"}"#,
                "/kind",
                "unknown value `round`; the values are `plain`, `nested`",
            ),
            (
                r#"{"list":[],"list":[]}"#,
                "",
                "the member `list` is there twice",
            ),
            ("", "", "is not JSON: EOF while parsing a value"),
            ("{} x", "", "is not JSON: trailing characters"),
        ] {
            assert_eq!(
                mistake_in(text),
                (pointer.to_owned(), problem.to_owned()),
                "{text}"
            );
        }
    }
}
