//! Reading an ordered value from a document.

use std::fmt;

use indexmap::map::Entry;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::json::ordered::{Object, Value};

/// `serde_json` hands out each number as an object with this member if the user's build turns its `arbitrary_precision` on.
const NUMBER: &str = "$serde_json::private::Number";

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AnyObject)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let first = members.next_key::<String>()?;
        if first.as_deref() == Some(NUMBER) {
            let digits: String = members.next_value()?;
            return digits.parse().map(Value::Number).map_err(A::Error::custom);
        }
        object(first, members).map(Value::Object)
    }
}

struct AnyObject;

impl<'de> Visitor<'de> for AnyObject {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Object, A::Error> {
        let first = members.next_key()?;
        object(first, members)
    }
}

/// Reads the members of an object whose first name has been read. A name that appears twice is refused, as in a struct.
fn object<'de, A: MapAccess<'de>>(
    first: Option<String>,
    mut members: A,
) -> Result<Object, A::Error> {
    let mut object = Object::default();
    let mut next = first;
    while let Some(name) = next {
        match object.0.entry(name) {
            Entry::Vacant(place) => place.insert(members.next_value()?),
            Entry::Occupied(held) => {
                return Err(A::Error::custom(format_args!(
                    "duplicate field `{}`",
                    held.key()
                )));
            }
        };
        next = members.next_key()?;
    }
    Ok(object)
}

#[cfg(test)]
mod tests {
    use serde::de::value::MapDeserializer;

    use super::*;

    #[test]
    fn a_number_of_a_build_with_arbitrary_precision_is_a_number() {
        let read = |digits| {
            let member =
                MapDeserializer::<_, serde_json::Error>::new([(NUMBER, digits)].into_iter());
            Value::deserialize(member)
        };
        for digits in ["5", "-1", "1.5"] {
            let number = read(digits).expect(digits);
            assert_eq!(Some(number), serde_json::from_str(digits).ok());
        }
        assert!(read("five").is_err());
    }
}
