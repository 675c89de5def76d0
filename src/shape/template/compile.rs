//! Compiling: from the document's JSON to nodes, or to what is wrong and where.

use serde_json::{Map, Value};

use crate::json::pointer;
use crate::shape::Misshapen;
use crate::shape::template::{
    Hole, Node, PLACEHOLDERS, Piece, Place, Placeholder, Template, placeholders,
};

impl Template {
    pub(crate) fn compile(
        document: &Map<String, Value>,
        place: Place,
        path: &str,
    ) -> Result<Self, Misshapen> {
        object(document, place, path).map(Self)
    }
}

fn object(
    document: &Map<String, Value>,
    place: Place,
    path: &str,
) -> Result<Vec<(String, Node)>, Misshapen> {
    document
        .iter()
        .map(|(name, value)| {
            Ok((
                name.clone(),
                node(value, place, &pointer::child(path, name))?,
            ))
        })
        .collect()
}

fn node(value: &Value, place: Place, path: &str) -> Result<Node, Misshapen> {
    Ok(match value {
        Value::String(text) => text_node(text, place, path)?,
        Value::Array(items) => Node::Array(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| node(item, place, &format!("{path}/{index}")))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(members) => Node::Object(object(members, place, path)?),
        literal => Node::Literal(literal.clone()),
    }
    .folded())
}

fn text_node(text: &str, place: Place, path: &str) -> Result<Node, Misshapen> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '{' | '}' if rest.peek() == Some(&c) => {
                rest.next();
                literal.push(c);
            }
            '{' => {
                let mut name = String::new();
                loop {
                    match rest.next() {
                        Some('}') => break,
                        Some(c) => name.push(c),
                        None => {
                            return Err(Misshapen::new(
                                path,
                                format!("`{text}`: a {{ is not closed; write {{{{ for a brace"),
                            ));
                        }
                    }
                }
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Hole(hole(&name, place, path)?));
            }
            '}' => {
                return Err(Misshapen::new(
                    path,
                    format!("`{text}`: a }} stands alone; write }}}} for a brace"),
                ));
            }
            c => literal.push(c),
        }
    }
    Ok(match pieces.as_slice() {
        [] => Node::Literal(Value::String(literal)),
        [Piece::Hole(hole)] if literal.is_empty() => Node::Hole(hole.clone()),
        _ => {
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal));
            }
            Node::Text(pieces)
        }
    })
}

fn hole(name: &str, place: Place, path: &str) -> Result<Hole, Misshapen> {
    let wrong = |problem: String| Misshapen::new(path, problem);
    if let (Some(claim), true) = (name.strip_prefix("user."), place != Place::Header) {
        return Ok(Hole {
            placeholder: Placeholder::User(claim.to_owned()),
            plus: 0,
        });
    }
    // A number may be moved by seconds: the sign begins the offset.
    let (base, plus) = match name.find(['+', '-']) {
        Some(at) => (
            &name[..at],
            name[at..]
                .parse()
                .map_err(|_| wrong(format!("`{{{name}}}`: `{}` is no number", &name[at..])))?,
        ),
        None => (name, 0),
    };
    let known = PLACEHOLDERS
        .iter()
        .find(|(known, _, places)| *known == base && places.contains(&place));
    let Some((_, placeholder, _)) = known else {
        return Err(wrong(format!(
            "`{{{name}}}` is no placeholder here; there are {}",
            placeholders(place).join(", ")
        )));
    };
    if plus != 0 && !placeholder.is_number() {
        return Err(wrong(format!(
            "`{{{name}}}`: only a number can be moved by another"
        )));
    }
    Ok(Hole {
        placeholder: placeholder.clone(),
        plus,
    })
}

impl Node {
    /// An array or object without placeholders is one literal.
    fn folded(self) -> Self {
        let value = |node: &Self| match node {
            Self::Literal(value) => Some(value.clone()),
            _ => None,
        };
        match &self {
            Self::Array(items) => items
                .iter()
                .map(value)
                .collect::<Option<Vec<_>>>()
                .map(|i| Self::Literal(Value::Array(i))),
            Self::Object(members) => members
                .iter()
                .map(|(name, node)| Some((name.clone(), value(node)?)))
                .collect::<Option<Map<_, _>>>()
                .map(|m| Self::Literal(Value::Object(m))),
            _ => None,
        }
        .unwrap_or(self)
    }
}
