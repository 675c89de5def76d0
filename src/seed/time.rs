//! Times as fixtures write them.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::clock::Timestamp;

/// A time as fixtures write it. It becomes an instant once: when its token is seeded, put or restored by a reset.
///
/// In JSON it is a number (positive: seconds since 1970; zero or negative: seconds before the start),
/// `{"seconds_from_start": 60}`, or an RFC 3339 text. The start is the time of the server's clock at that moment.
///
/// ```
/// use oauth_mimic::{FixtureTime, NamedRefreshToken, Timestamp};
/// let logged_in = Timestamp::parse("2023-03-28T12:21:05Z").unwrap();
/// let token = NamedRefreshToken::new("REFRESH_TOKEN", "reports", "alice")
///     .auth_time(logged_in)
///     .issued_at(-10) // ten seconds before the start
///     .expires_at(FixtureTime::SecondsFromStart(60));
/// assert_eq!(token.auth_time, FixtureTime::Instant(logged_in));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FixtureTime {
    /// Zero or negative: seconds before the start. Positive: seconds since 1970; a time before 2001-09-09 is refused,
    /// because it is more likely a forgotten minus.
    Number(i64),
    /// Seconds after the start, before it when negative.
    SecondsFromStart(i64),
    /// An instant.
    Instant(Timestamp),
}

/// The least number that is read as seconds since 1970: 2001-09-09T01:46:40Z.
const LEAST: i64 = 1_000_000_000;

impl FixtureTime {
    /// The start itself.
    pub(crate) const START: Self = Self::Number(0);

    /// Returns the instant, given the start.
    pub(crate) fn since(self, start: Timestamp) -> Timestamp {
        match self {
            Self::Number(seconds) if seconds > 0 => Timestamp::from_unix(seconds),
            Self::Number(seconds) | Self::SecondsFromStart(seconds) => start.moved_by(seconds),
            Self::Instant(at) => at,
        }
    }

    /// Refuses a number that is probably a mistake.
    pub(crate) fn check(self) -> Result<(), String> {
        match self {
            Self::Number(seconds @ 1..LEAST) => Err(format!(
                "is {}, a forgotten minus? Write -{seconds} for {seconds} seconds before the start, \
                 {{\"seconds_from_start\": {seconds}}} for {seconds} seconds after it, or the date as RFC 3339 text",
                Timestamp::from_unix(seconds)
            )),
            Self::Number(_) | Self::SecondsFromStart(_) | Self::Instant(_) => Ok(()),
        }
    }
}

impl Default for FixtureTime {
    /// The start.
    fn default() -> Self {
        Self::START
    }
}

impl From<i64> for FixtureTime {
    /// Reads a number as fixtures do.
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Timestamp> for FixtureTime {
    fn from(at: Timestamp) -> Self {
        Self::Instant(at)
    }
}

impl Serialize for FixtureTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(seconds) => serializer.serialize_i64(*seconds),
            Self::SecondsFromStart(seconds) => {
                let mut object = serializer.serialize_map(Some(1))?;
                object.serialize_entry(FROM_START, seconds)?;
                object.end()
            }
            Self::Instant(at) => serializer.collect_str(at),
        }
    }
}

const FROM_START: &str = "seconds_from_start";

impl<'de> Deserialize<'de> for FixtureTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Time)
    }
}

struct Time;

impl<'de> Visitor<'de> for Time {
    type Value = FixtureTime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a time: a whole number of seconds, {{\"{FROM_START}\": 60}}, or RFC 3339 text such as \
             \"2023-03-28T12:23:16Z\""
        )
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<FixtureTime, E> {
        Ok(FixtureTime::Number(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<FixtureTime, E> {
        i64::try_from(number)
            .map(FixtureTime::Number)
            .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
    }

    /// Many languages write 5 as 5.0.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "no fraction, and within the range"
    )]
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<FixtureTime, E> {
        if number.fract() == 0.0 && number.abs() < 9e15 {
            Ok(FixtureTime::Number(number as i64))
        } else {
            Err(E::invalid_value(de::Unexpected::Float(number), &self))
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<FixtureTime, E> {
        Timestamp::parse(text)
            .map(FixtureTime::Instant)
            .map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<FixtureTime, A::Error> {
        let Some(name) = object.next_key::<String>()? else {
            return Err(de::Error::missing_field(FROM_START));
        };
        if name != FROM_START {
            return Err(de::Error::unknown_field(&name, &[FROM_START]));
        }
        let seconds = object.next_value()?;
        match object.next_key::<String>()? {
            Some(more) if more == FROM_START => Err(de::Error::duplicate_field(FROM_START)),
            Some(more) => Err(de::Error::unknown_field(&more, &[FROM_START])),
            None => Ok(FixtureTime::SecondsFromStart(seconds)),
        }
    }
}

impl JsonSchema for FixtureTime {
    fn schema_name() -> Cow<'static, str> {
        "FixtureTime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A time, fixed when its token is seeded, put or restored by a reset. The start is the time of the server's clock at that moment.",
            "oneOf": [
                { "type": "integer", "maximum": 0, "description": "Seconds before the start, zero or negative." },
                { "type": "integer", "minimum": LEAST, "description": "Seconds since 1970, from 2001-09-09 on." },
                {
                    "type": "object",
                    "properties": {
                        "seconds_from_start": { "type": "integer", "description": "Seconds after the start." },
                    },
                    "required": ["seconds_from_start"],
                    "additionalProperties": false,
                    "description": "Seconds after the start, before it when negative.",
                },
                {
                    "type": "string",
                    "format": "date-time",
                    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
                    "description": "RFC 3339.",
                },
            ],
            "examples": [-131, 1_680_006_196, { "seconds_from_start": 60 }, "2023-03-28T12:23:16Z"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<FixtureTime, String> {
        serde_json::from_str(json).map_err(|why| why.to_string())
    }

    #[test]
    fn every_way_to_write_a_time_is_one_instant() {
        let start = Timestamp::from_unix(2_000_000_000);
        for (json, unix) in [
            ("0", 2_000_000_000),
            ("-0.0", 2_000_000_000),
            ("1680006196.0", 1_680_006_196),
            ("-131", 1_999_999_869),
            ("1680006196", 1_680_006_196),
            (r#"{"seconds_from_start":60}"#, 2_000_000_060),
            (r#"{"seconds_from_start":-60}"#, 1_999_999_940),
            (r#""2023-03-28T12:23:16Z""#, 1_680_006_196),
            (r#""1969-12-31T23:59:59Z""#, -1),
        ] {
            let time = read(json).unwrap_or_else(|why| panic!("{json}: {why}"));
            assert_eq!(time.since(start).as_unix(), unix, "{json}");
            assert_eq!(time.check(), Ok(()), "{json}");
            let written = serde_json::to_string(&time).expect("JSON");
            assert_eq!(read(&written), Ok(time), "{json}");
        }
    }

    #[test]
    fn nothing_else_is_a_time() {
        for (json, words) in [
            ("1.5", "a whole number of seconds"),
            ("18446744073709551615", "a whole number of seconds"),
            ("1e300", "a whole number of seconds"),
            ("null", "a whole number of seconds"),
            ("[1]", "a whole number of seconds"),
            (r#""yesterday""#, "RFC 3339"),
            ("{}", "seconds_from_start"),
            (r#"{"seconds":1}"#, "seconds_from_start"),
            (r#"{"seconds_from_start":"1"}"#, "i64"),
            (r#"{"seconds_from_start":1,"more":1}"#, "more"),
        ] {
            let why = read(json).expect_err(json);
            assert!(why.contains(words), "{json}: {why}");
        }
    }

    #[test]
    fn a_forgotten_minus_is_refused_with_its_remedy() {
        for number in [1, 131, LEAST - 1] {
            let why = FixtureTime::Number(number).check().expect_err("a mistake");
            assert!(why.contains(&format!("-{number}")), "{why}");
            assert!(why.contains("seconds_from_start"), "{why}");
        }
    }
}
