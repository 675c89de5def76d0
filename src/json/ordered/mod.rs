//! JSON values whose objects keep the order of their members.
//!
//! Clients see the order of members in tokens, responses and metadata. `serde_json` keeps it only with its feature
//! `preserve_order`, which cargo would turn on in the whole build of each user of this library.

mod read;
mod typed;

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use indexmap::map::{IntoIter, Iter};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::Number;

pub(crate) use typed::typed;

/// A JSON value; its objects keep the order of their members.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Value {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Value>),
    Object(Object),
}

/// A JSON object: its members in order, each name once. Two objects are equal if their members are, in any order.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Object(IndexMap<String, Value>);

impl Value {
    pub(crate) const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) const fn is_array(&self) -> bool {
        matches!(self, Self::Array(_))
    }

    pub(crate) const fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    pub(crate) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    pub(crate) const fn as_object_mut(&mut self) -> Option<&mut Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Returns the member of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(object) => object.get(name),
            _ => None,
        }
    }

    /// Sorts the members of all objects in it by name.
    pub(crate) fn sort(&mut self) {
        match self {
            Self::Array(items) => items.iter_mut().for_each(Self::sort),
            Self::Object(Object(members)) => {
                members.sort_unstable_keys();
                members.values_mut().for_each(Self::sort);
            }
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => {}
        }
    }
}

impl Object {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.get_mut(name)
    }

    /// Sets a member in its place, or as the last one if the name is new.
    pub(crate) fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Sets a member as [`insert`](Self::insert) does, to a value that a user of the library gives.
    pub(crate) fn insert_given(
        &mut self,
        name: impl Into<String>,
        value: impl Into<serde_json::Value>,
    ) {
        self.insert(name, value.into());
    }

    /// Removes a member; the others keep their order.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.shift_remove(name)
    }

    pub(crate) fn iter(&self) -> Iter<'_, String, Value> {
        self.0.iter()
    }
}

impl<'o> IntoIterator for &'o Object {
    type Item = (&'o String, &'o Value);
    type IntoIter = Iter<'o, String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Extend<(String, Value)> for Object {
    fn extend<I: IntoIterator<Item = (String, Value)>>(&mut self, members: I) {
        self.0.extend(members);
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(members: I) -> Self {
        let members = members.into_iter();
        Self(
            members
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

/// The members keep the order in which `serde_json` has them: by name, unless the user's build turns its `preserve_order` on.
impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(truth) => Self::Bool(truth),
            serde_json::Value::Number(number) => Self::Number(number),
            serde_json::Value::String(text) => Self::String(text),
            serde_json::Value::Array(items) => {
                Self::Array(items.into_iter().map(Self::from).collect())
            }
            serde_json::Value::Object(members) => Self::Object(members.into()),
        }
    }
}

impl From<serde_json::Map<String, serde_json::Value>> for Object {
    fn from(members: serde_json::Map<String, serde_json::Value>) -> Self {
        members.into_iter().collect()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl fmt::Display for Value {
    /// Writes compact JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::text(self))
    }
}

impl fmt::Display for Object {
    /// Writes compact JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::text(self))
    }
}

impl JsonSchema for Object {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "AnyObject".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        serde_json::Map::<String, serde_json::Value>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        serde_json::from_str(text).map_err(|why| why.to_string())
    }

    #[test]
    fn members_keep_their_order_at_every_depth() {
        let text = r#"{"z":1,"a":{"y":[{"c":null,"b":true}],"x":-1.5},"m":18446744073709551615,"f":5.0,"":"é\n"}"#;
        assert_eq!(read(text).expect("JSON").to_string(), text);
    }

    #[test]
    fn a_member_that_is_set_again_keeps_its_place() {
        let mut object: Object = [("b", "1"), ("a", "2")].into_iter().collect();
        object.insert("b", "3");
        object.insert("c", 4);
        assert_eq!(object.to_string(), r#"{"b":"3","a":"2","c":4}"#);
        assert_eq!(object.remove("b"), Some("3".into()));
        assert_eq!(object.remove("b"), None);
        assert_eq!(object.to_string(), r#"{"a":"2","c":4}"#);
    }

    #[test]
    fn a_member_that_appears_twice_is_refused_at_every_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":1,"c":2,"a":2}}]"#] {
            let why = read(text).expect_err(text);
            assert!(why.starts_with("duplicate field `a`"), "{why}");
        }
    }

    #[test]
    fn the_order_of_members_does_not_count_for_equality_and_can_be_sorted_away() {
        let [mut one, mut other] = [
            r#"{"b":[{"c":1,"d":2}],"a":1}"#,
            r#"{"a":1,"b":[{"d":2,"c":1}]}"#,
        ]
        .map(|text| read(text).expect("JSON"));
        assert_eq!(one, other);
        assert_ne!(one.to_string(), other.to_string());
        one.sort();
        other.sort();
        assert_eq!(one.to_string(), r#"{"a":1,"b":[{"c":1,"d":2}]}"#);
        assert_eq!(one.to_string(), other.to_string());
    }

    /// Any JSON value of a few levels.
    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(|truth| json!(truth)),
            any::<i64>().prop_map(|number| json!(number)),
            any::<u64>().prop_map(|number| json!(number)),
            "\\PC*".prop_map(|text| json!(text)),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(|items| json!(items)),
                prop::collection::btree_map("\\PC*", inner, 0..6)
                    .prop_map(|members| json!(members)),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_reads_and_writes_what_serde_json_does(json in any_json()) {
            let value = read(&json.to_string()).expect("JSON");
            prop_assert_eq!(&value, &Value::from(json.clone()));
            prop_assert_eq!(value.to_string(), json.to_string());
            prop_assert_eq!(typed::<serde_json::Value>(value).expect("JSON"), json);
        }
    }
}
