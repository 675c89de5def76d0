//! Reading back: recovers the values of the placeholders from a filled template.

use crate::json::Value;
use crate::keys::jws::Members;
use crate::shape::template::{Hole, Node, Piece, Placeholder, Template};

impl Template {
    /// Recovers the values of the placeholders. Returns `None` if the claims do not have this shape.
    pub(crate) fn read<'a>(&self, claims: &'a Members) -> Option<Readings<'a>> {
        let mut readings = Readings(Vec::with_capacity(self.0.len()));
        for (name, node) in &self.0 {
            match claims.get(name) {
                Some(value) => node.read(value, &mut readings)?,
                None if node.may_be_absent() => {}
                None => return None,
            }
        }
        Some(readings)
    }
}

/// The values of a template's placeholders.
pub(crate) struct Readings<'a>(Vec<(Placeholder, Reading<'a>)>);

#[derive(Debug, Clone)]
pub(crate) enum Reading<'a> {
    Text(&'a str),
    Number(i64),
    Texts(Vec<&'a str>),
}

impl<'a> Readings<'a> {
    pub(crate) fn text(&self, placeholder: &Placeholder) -> Option<&'a str> {
        match self.get(placeholder)? {
            Reading::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn number(&self, placeholder: &Placeholder) -> Option<i64> {
        match self.get(placeholder)? {
            Reading::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn texts(&self, placeholder: &Placeholder) -> Option<&[&'a str]> {
        match self.get(placeholder)? {
            Reading::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    fn get(&self, placeholder: &Placeholder) -> Option<&Reading<'a>> {
        self.0
            .iter()
            .find(|(held, _)| held == placeholder)
            .map(|(_, reading)| reading)
    }
}

impl Node {
    fn read<'a>(&self, value: &'a Value, readings: &mut Readings<'a>) -> Option<()> {
        match self {
            Self::Literal(literal) => (literal == value).then_some(()),
            Self::Hole(hole) => hole.read(value, readings),
            Self::Text(pieces) => read_text(pieces, value.as_str()?, readings),
            // Placeholders that must be read back are not inside arrays or objects: `Profile` checks that.
            Self::Array(_) => value.is_array().then_some(()),
            Self::Object(_) => value.is_object().then_some(()),
            Self::When(_, node) => node.read(value, readings),
        }
    }
}

impl Hole {
    fn read<'a>(&self, value: &'a Value, readings: &mut Readings<'a>) -> Option<()> {
        let reading = match (&self.placeholder, value) {
            (Placeholder::User(_), _) => return Some(()),
            (
                Placeholder::Scopes
                | Placeholder::IdTokenAudience
                | Placeholder::AccessTokenAudience,
                Value::Array(items),
            ) => Reading::Texts(items.iter().map(Value::as_str).collect::<Option<_>>()?),
            (placeholder, Value::Number(number)) if placeholder.is_number() => {
                Reading::Number(number.as_i64()?.checked_sub(self.plus)?)
            }
            (placeholder, Value::String(text))
                if !placeholder.is_number() && *placeholder != Placeholder::Scopes =>
            {
                Reading::Text(text)
            }
            _ => return None,
        };
        readings.0.push((self.placeholder.clone(), reading));
        Some(())
    }
}

/// Splits a text: each placeholder extends to the next literal, the last one to the end.
fn read_text<'a>(pieces: &[Piece], text: &'a str, readings: &mut Readings<'a>) -> Option<()> {
    let mut rest = text;
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
            Piece::Hole(hole) => {
                let end = match pieces.get(index + 1) {
                    Some(Piece::Literal(literal)) => rest.find(literal.as_str())?,
                    _ => rest.len(),
                };
                let (part, behind) = rest.split_at(end);
                if !matches!(hole.placeholder, Placeholder::User(_)) {
                    readings
                        .0
                        .push((hole.placeholder.clone(), Reading::Text(part)));
                }
                rest = behind;
            }
        }
    }
    rest.is_empty().then_some(())
}
