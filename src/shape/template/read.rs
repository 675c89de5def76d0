//! Reading back: recovers the values of the placeholders from a filled template.

use std::cmp::Reverse;

use crate::json::Value;
use crate::keys::jws::Members;
use crate::shape::template::{Hole, Node, Piece, Placeholder, Template};

impl Template {
    /// Recovers the values of the placeholders. Returns `None` if the claims do not have this shape.
    pub(crate) fn read<'a>(&self, claims: &'a Members) -> Option<Readings<'a>> {
        let mut readings = Readings {
            values: Vec::with_capacity(self.0.len()),
            absent: 0,
        };
        for (name, node) in self.members() {
            match claims.get(name) {
                Some(value) => node.read(value, &mut readings)?,
                None if node.may_be_absent() => readings.absent += 1,
                None => return None,
            }
        }
        Some(readings)
    }

    fn members(&self) -> impl Iterator<Item = &(String, Node)> {
        let members = self.0.iter();
        members.filter(|(_, node)| !matches!(node, Node::Spread))
    }

    /// Returns how well claims of this shape match it: first by how many members they have, then by how few they lack. `None`
    /// if they do not have this shape.
    pub(crate) fn fit(&self, claims: &Members) -> Option<(usize, Reverse<usize>)> {
        let absent = self.read(claims)?.absent;
        Some((self.members().count() - absent, Reverse(absent)))
    }
}

/// The values of a template's placeholders.
pub(crate) struct Readings<'a> {
    values: Vec<(Placeholder, Reading<'a>)>,
    /// How many members of the template the claims lack.
    absent: usize,
}

#[derive(Debug, Clone, PartialEq)]
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
        self.values
            .iter()
            .find(|(held, _)| held == placeholder)
            .map(|(_, reading)| reading)
    }

    /// Adds a value; `None` if the placeholder was read before with another one: no filled template has two.
    fn add(&mut self, placeholder: &Placeholder, reading: Reading<'a>) -> Option<()> {
        match self.get(placeholder) {
            Some(held) if *held != reading => return None,
            Some(_) => {}
            None => self.values.push((placeholder.clone(), reading)),
        }
        Some(())
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
            Self::Spread => Some(()),
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
        readings.add(&self.placeholder, reading)
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
                    readings.add(&hole.placeholder, Reading::Text(part))?;
                }
                rest = behind;
            }
        }
    }
    rest.is_empty().then_some(())
}
