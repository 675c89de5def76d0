//! Compiling: from the document's JSON to nodes, or to what is wrong and where.

use crate::json::{self, Object, Value, pointer};
use crate::oauth::refusal::RefusalName;
use crate::shape::ProfileError;
use crate::shape::document::ConditionDocument;
use crate::shape::template::{
    Condition, Hole, Node, PLACEHOLDERS, Piece, Place, Placeholder, SPREAD, Template, TextTemplate,
    placeholders,
};

impl Template {
    pub(crate) fn compile(
        document: &Object,
        place: Place,
        path: &str,
    ) -> Result<Self, ProfileError> {
        object(document, place, path).map(Self)
    }
}

impl TextTemplate {
    pub(crate) fn compile(text: &str, place: Place, path: &str) -> Result<Self, ProfileError> {
        text_node(text, place, path).map(Self)
    }
}

fn object(
    document: &Object,
    place: Place,
    path: &str,
) -> Result<Vec<(String, Node)>, ProfileError> {
    document
        .iter()
        .map(|(name, value)| {
            let path = pointer::child(path, name);
            let node = if name == SPREAD {
                spread(value, place, &path)?
            } else {
                node(value, place, &path)?
            };
            Ok((name.clone(), node))
        })
        .collect()
}

/// The member in whose place the claims of the user are written.
fn spread(value: &Value, place: Place, path: &str) -> Result<Node, ProfileError> {
    let has_claims = placeholders(place).contains(&CLAIMS.to_owned());
    match value.as_str() {
        Some(CLAIMS) if has_claims => Ok(Node::Spread),
        _ if !has_claims => Err(ProfileError::new(
            path,
            "only claims and userinfo can have the claims of the user",
        )),
        _ => Err(ProfileError::new(path, format!("must be `{CLAIMS}`"))),
    }
}

/// The value of a member that is named [`SPREAD`].
const CLAIMS: &str = "{claims}";

fn node(value: &Value, place: Place, path: &str) -> Result<Node, ProfileError> {
    Ok(match value {
        Value::String(text) => text_node(text, place, path)?,
        Value::Array(items) => Node::Array(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| node(item, place, &format!("{path}/{index}")))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(members) => match condition(members) {
            Some((when, value)) => conditional(when, value, place, path)?,
            None => Node::Object(object(members, place, path)?),
        },
        literal => Node::Literal(literal.clone()),
    }
    .folded())
}

/// Returns condition and value of an object with exactly the members `when` and `value`.
fn condition(members: &Object) -> Option<(&Value, &Value)> {
    let both = members.get("when").zip(members.get("value"));
    both.filter(|_| members.len() == 2)
}

fn conditional(
    when: &Value,
    value: &Value,
    place: Place,
    path: &str,
) -> Result<Node, ProfileError> {
    let wrong = |problem: String| ProfileError::new(format!("{path}/when"), problem);
    if !place.has_user() {
        return Err(wrong(
            "only claims and responses have conditions".to_owned(),
        ));
    }
    let document: ConditionDocument =
        json::typed(when.clone()).map_err(|why| wrong(why.to_string()))?;
    let condition = Condition {
        scope: document.scope,
        grant: document.grant,
        token: document.token,
    };
    let has_grant = matches!(place, Place::Claims | Place::Response);
    if condition.grant.is_some() && !has_grant {
        return Err(wrong(
            "only claims and responses of the token endpoint depend on a grant".to_owned(),
        ));
    }
    if condition.token.is_some() && place != Place::Introspection {
        return Err(wrong(
            "only an introspection response depends on the kind of token".to_owned(),
        ));
    }
    if condition.scope.is_none() && condition.grant.is_none() && condition.token.is_none() {
        return Err(wrong("must name a scope, a grant or a token".to_owned()));
    }
    let value = node(value, place, &format!("{path}/value"))?;
    Ok(Node::When(condition, Box::new(value)))
}

fn text_node(text: &str, place: Place, path: &str) -> Result<Node, ProfileError> {
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
                            return Err(ProfileError::new(
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
                return Err(ProfileError::new(
                    path,
                    format!("`{text}`: a }} has no opening brace; write }}}} for a brace"),
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

fn hole(name: &str, place: Place, path: &str) -> Result<Hole, ProfileError> {
    let wrong = |problem: String| ProfileError::new(path, problem);
    if let Some(claim) = name.strip_prefix("user.").filter(|_| place.has_user()) {
        return Ok(Hole {
            placeholder: Placeholder::User(claim.to_owned()),
            plus: 0,
        });
    }
    // A number may have an offset in seconds, which begins with its sign.
    let (base, plus) = match name.find(['+', '-']) {
        Some(at) => (
            &name[..at],
            name[at..]
                .parse()
                .map_err(|_| wrong(format!("`{{{name}}}`: `{}` is not a number", &name[at..])))?,
        ),
        None => (name, 0),
    };
    let known = PLACEHOLDERS
        .iter()
        .find(|(known, _, places)| *known == base && places.contains(&place));
    if known.is_none() && place == Place::Error && is_field(name) {
        return Ok(Hole {
            placeholder: Placeholder::Field(name.to_owned()),
            plus: 0,
        });
    }
    let Some((_, placeholder, _)) = known else {
        return Err(wrong(format!(
            "unknown placeholder `{{{name}}}`; expected one of {}",
            placeholders(place).join(", ")
        )));
    };
    if *placeholder == Placeholder::Claims {
        return Err(wrong(format!(
            "`{{{name}}}` has no value of its own; write the member `\"{SPREAD}\": \"{CLAIMS}\"`"
        )));
    }
    if plus != 0 && !placeholder.is_number() {
        return Err(wrong(format!(
            "`{{{name}}}`: only a number can have an offset"
        )));
    }
    Ok(Hole {
        placeholder: placeholder.clone(),
        plus,
    })
}

/// Returns true if some refusal has a field of that name.
fn is_field(name: &str) -> bool {
    RefusalName::ALL
        .iter()
        .any(|refusal| refusal.fields().contains(&name))
}

impl Node {
    /// Turns an array or object without placeholders into one literal.
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
                .collect::<Option<Object>>()
                .map(|m| Self::Literal(Value::Object(m))),
            _ => None,
        }
        .unwrap_or(self)
    }
}
