//! Objects that name their kind: `{"kind": "status", "status": 503}`.
//!
//! [`tagged`] defines the enum of such objects, the fieldless enum of their kinds, and everything that must list all of
//! them: reading, writing, names, documentation, JSON Schema. What serde derives for an internally tagged enum ignores
//! unknown members of a kind without members, accepts arrays, and reports mistakes without their path.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IntoDeserializer as _, MapAccess, Visitor,
};
use serde_json::json;

use crate::json::{Strict, Value, in_words};

/// The member that names the kind.
const KIND: &str = "kind";

/// A value that is read from the kind and the other members of an object.
pub(crate) trait Tagged<'de>: Sized {
    type Kind: Deserialize<'de>;

    fn from_members<A: MapAccess<'de>>(
        kind: Self::Kind,
        members: Members<A>,
    ) -> Result<Self, A::Error>;
}

/// Reads an object that names its kind.
pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Tagged<'de>,
{
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Tagged<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(r#"an object with a "kind""#)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
            let mut before = Vec::new();
            while let Some(name) = map.next_key::<String>()? {
                if name == KIND {
                    let kind = map.next_value()?;
                    return T::from_members(
                        kind,
                        Members {
                            before: before.into_iter(),
                            next: None,
                            rest: map,
                        },
                    );
                }
                before.push((name, map.next_value()?));
            }
            Err(A::Error::missing_field(KIND))
        }
    }

    deserializer.deserialize_map(Object(PhantomData))
}

/// The members of an object but for its kind: those before it, which had to be kept, and those after it, which are still
/// unread, so that the code that tracks the path to a mistake sees them.
pub(crate) struct Members<A> {
    before: std::vec::IntoIter<(String, Value)>,
    next: Option<(String, Value)>,
    rest: A,
}

impl<'de, A: MapAccess<'de>> Members<A> {
    /// Reads them all as one payload.
    pub(crate) fn payload<T: Deserialize<'de>>(self) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(self))
    }

    /// Checks that there are none.
    pub(crate) fn none(mut self) -> Result<(), A::Error> {
        match self.next_key::<String>()? {
            None => Ok(()),
            Some(name) => Err(A::Error::unknown_field(&name, &[KIND])),
        }
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.next = self.before.next();
        match &self.next {
            Some((name, _)) => seed
                .deserialize(name.as_str().into_deserializer())
                .map(Some),
            None => self.rest.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.next.take() {
            Some((name, value)) => seed
                .deserialize(Strict(value))
                .map_err(|why| A::Error::custom(format!("{name}: {}", in_words(&why.to_string())))),
            None => self.rest.next_value_seed(seed),
        }
    }
}

/// The schema of one kind: that of its payload, and the member that names it.
pub(crate) fn schema_of_kind(kind: &str, description: &str, payload: Option<Schema>) -> Schema {
    let mut schema = payload.unwrap_or_else(|| {
        json_schema!({ "type": "object", "properties": {}, "required": [], "additionalProperties": false })
    });
    let object = schema.ensure_object();
    object.insert("description".to_owned(), json!(description));
    let mut properties = json!({ KIND: { "description": "The kind of the object.", "type": "string", "const": kind } });
    let mut required = vec![json!(KIND)];
    if let (Some(all), Some(serde_json::Value::Object(own))) =
        (properties.as_object_mut(), object.remove("properties"))
    {
        all.extend(own);
    }
    if let Some(serde_json::Value::Array(own)) = object.remove("required") {
        required.extend(own);
    }
    object.insert("properties".to_owned(), properties);
    object.insert("required".to_owned(), required.into());
    schema
}

/// The schema of all kinds: exactly one of theirs. In an OpenAPI document it says which member decides.
pub(crate) fn schema_of_all(
    description: &str,
    kinds: &[(&str, Schema)],
    generator: &SchemaGenerator,
) -> Schema {
    let all: Vec<&Schema> = kinds.iter().map(|(_, schema)| schema).collect();
    let mut schema = json_schema!({ "description": description, "oneOf": all });
    if generator.settings().definitions_path.contains("components") {
        let mapping: serde_json::Map<String, serde_json::Value> = kinds
            .iter()
            .filter_map(|(kind, schema)| Some(((*kind).to_owned(), schema.get("$ref")?.clone())))
            .collect();
        schema.insert(
            "discriminator".to_owned(),
            json!({ "propertyName": KIND, "mapping": mapping }),
        );
    }
    schema
}

/// The schema of the names of kinds.
pub(crate) fn schema_of_names(description: &str, names: &[&str]) -> Schema {
    json_schema!({ "type": "string", "description": description, "enum": names })
}

/// Joins the lines of a doc comment.
pub(crate) fn text(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join(" ")
}

/// Returns the schema of a payload in full, not a reference to it.
pub(crate) fn payload<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

/// Defines an enum of objects that name their kind, and the fieldless enum of their kinds.
macro_rules! tagged {
    (
        $(#[doc = $doc:tt])+
        pub enum $name:ident;
        $(#[doc = $kind_doc:tt])+
        pub enum $kind:ident;
        $(
            $(#[doc = $variant_doc:tt])+
            $variant:ident $(($payload:ty))? = $text:tt,
        )+
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, ::serde::Serialize)]
        #[serde(tag = "kind")]
        #[non_exhaustive]
        pub enum $name {
            $(
                $(#[doc = $variant_doc])+
                #[serde(rename = $text)]
                $variant $(($payload))?,
            )+
        }

        $(#[doc = $kind_doc])+
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize,
            ::serde::Deserialize,
        )]
        #[non_exhaustive]
        pub enum $kind {
            $(
                $(#[doc = $variant_doc])+
                #[serde(rename = $text)]
                $variant,
            )+
        }

        impl $name {
            /// Returns the kind of this.
            #[must_use]
            pub const fn kind(&self) -> $kind {
                match self {
                    $(Self::$variant { .. } => $kind::$variant,)+
                }
            }
        }

        impl $kind {
            /// Every kind, in the order of this enum.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the name of the kind, as in JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// Returns the documentation of the kind: what happens, and what the client sees.
            #[must_use]
            pub fn description(self) -> String {
                crate::json::tagged::text(match self {
                    $(Self::$variant => &[$($variant_doc),+],)+
                })
            }
        }

        impl ::std::fmt::Display for $kind {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        $($(
            impl From<$payload> for $name {
                fn from(payload: $payload) -> Self {
                    Self::$variant(payload)
                }
            }
        )?)+

        impl<'de> crate::json::tagged::Tagged<'de> for $name {
            type Kind = $kind;

            fn from_members<A: ::serde::de::MapAccess<'de>>(
                kind: $kind,
                members: crate::json::tagged::Members<A>,
            ) -> Result<Self, A::Error> {
                match kind {
                    $($kind::$variant => crate::json::tagged::tagged!(@read members, $variant $(, $payload)?),)+
                }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::json::tagged::deserialize(deserializer)
            }
        }

        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                $(
                    struct $variant;

                    impl ::schemars::JsonSchema for $variant {
                        fn schema_name() -> ::std::borrow::Cow<'static, str> {
                            concat!(stringify!($variant), stringify!($name)).into()
                        }

                        fn schema_id() -> ::std::borrow::Cow<'static, str> {
                            concat!(module_path!(), "::kind::", stringify!($variant), stringify!($name)).into()
                        }

                        fn json_schema(
                            generator: &mut ::schemars::SchemaGenerator,
                        ) -> ::schemars::Schema {
                            let payload = crate::json::tagged::tagged!(@schema generator $(, $payload)?);
                            crate::json::tagged::schema_of_kind(
                                $text,
                                &$kind::$variant.description(),
                                payload,
                            )
                        }
                    }
                )+
                let kinds = [$(($text, generator.subschema_for::<$variant>())),+];
                crate::json::tagged::schema_of_all(
                    crate::json::tagged::first(&[$($doc),+]),
                    &kinds,
                    generator,
                )
            }
        }

        impl ::schemars::JsonSchema for $kind {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($kind).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                crate::json::tagged::schema_of_names(
                    crate::json::tagged::first(&[$($kind_doc),+]),
                    &[$($text),+],
                )
            }
        }
    };
    (@read $members:ident, $variant:ident) => {
        $members.none().map(|()| Self::$variant)
    };
    (@read $members:ident, $variant:ident, $payload:ty) => {
        $members.payload::<$payload>().map(Self::$variant)
    };
    (@schema $generator:ident) => {{
        let _ = $generator;
        None
    }};
    (@schema $generator:ident, $payload:ty) => {
        Some(crate::json::tagged::payload::<$payload>($generator))
    };
}

pub(crate) use tagged;

/// The first line of a doc comment.
pub(crate) fn first(lines: &[&'static str]) -> &'static str {
    lines.first().map_or("", |line| line.trim())
}
