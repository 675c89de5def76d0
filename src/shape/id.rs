//! Templates of ids: they draw an id, and find the grant's id in one.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::random::Random;
use crate::shape::ProfileError;

/// The form of ids of one kind, such as `{random:27}` or `{grant_id}{random:15}`.
#[derive(Debug, Clone)]
pub(crate) struct IdTemplate {
    pieces: Vec<Piece>,
    width: usize,
}

#[derive(Debug, Clone)]
enum Piece {
    Literal(String),
    /// Random bytes in base64url, with `characters` characters.
    Random {
        characters: usize,
        bytes: usize,
    },
    Uuid,
    /// The grant's id, with `characters` characters.
    GrantId {
        characters: usize,
    },
}

/// The number of characters of a UUID (RFC 9562 §4).
const UUID: usize = 36;

/// The most random characters in one placeholder: 96 bytes.
const MOST_RANDOM: usize = 128;

impl IdTemplate {
    /// Compiles a template; `{grant_id}` stands for an id of that template, where there is one.
    pub(crate) fn compile(
        text: &str,
        grant_id: Option<&Self>,
        path: &str,
    ) -> Result<Self, ProfileError> {
        let wrong = |problem: String| ProfileError::new(path, problem);
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (literal, from_hole) = rest.split_once('{').unwrap_or((rest, ""));
            pieces.push(Piece::Literal(literal.to_owned()));
            if literal == rest {
                break;
            }
            let (name, behind) = from_hole
                .split_once('}')
                .ok_or_else(|| wrong(format!("`{text}`: a {{ is not closed")))?;
            pieces.push(match (name, name.strip_prefix("random:"), grant_id) {
                ("uuid", ..) => Piece::Uuid,
                ("grant_id", _, Some(grant)) => Piece::GrantId { characters: grant.width },
                (_, Some(count), _) => random(count).ok_or_else(|| {
                    wrong(format!("`{{{name}}}`: the number must be 2 to {MOST_RANDOM} and not one more than a multiple of 4"))
                })?,
                _ => return Err(wrong(format!("`{{{name}}}` is not one of an id's placeholders: {{random:N}}, {{uuid}}{}",
                    if grant_id.is_some() { ", {grant_id}" } else { "" }))),
            });
            rest = behind;
        }
        if !pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Random { .. } | Piece::Uuid))
        {
            return Err(wrong(format!(
                "`{text}` has no random part; every id must be unique"
            )));
        }
        let width = pieces.iter().map(Piece::width).sum();
        Ok(Self { pieces, width })
    }

    pub(crate) fn has_grant_id(&self) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, Piece::GrantId { .. }))
    }

    /// Draws an id.
    pub(crate) fn draw(&self, grant_id: &str, random: &Random) -> String {
        let mut id = String::with_capacity(self.width);
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => id.push_str(text),
                Piece::GrantId { .. } => id.push_str(grant_id),
                Piece::Random { bytes, .. } => {
                    let mut drawn = [0; MOST_RANDOM];
                    random.fill(&mut drawn[..*bytes]);
                    URL_SAFE_NO_PAD.encode_string(&drawn[..*bytes], &mut id);
                }
                Piece::Uuid => {
                    let mut drawn = [0; 16];
                    random.fill(&mut drawn);
                    let uuid = uuid::Builder::from_random_bytes(drawn).into_uuid();
                    // Writing to a String cannot fail.
                    let _ = write!(id, "{uuid}");
                }
            }
        }
        id
    }

    /// Returns the grant's id in an id of this template; `None` if the text does not match the template.
    pub(crate) fn grant_id_of<'a>(&self, id: &'a str) -> Option<&'a str> {
        let mut rest = id;
        let mut found = None;
        for piece in &self.pieces {
            let (part, behind) = rest.split_at_checked(piece.width())?;
            match piece {
                Piece::Literal(text) if text != part => return None,
                Piece::GrantId { .. } => found = Some(part),
                _ => {}
            }
            rest = behind;
        }
        found.filter(|_| rest.is_empty())
    }
}

impl Piece {
    fn width(&self) -> usize {
        match self {
            Self::Literal(text) => text.len(),
            Self::Random { characters, .. } | Self::GrantId { characters } => *characters,
            Self::Uuid => UUID,
        }
    }
}

fn random(count: &str) -> Option<Piece> {
    let characters: usize = count
        .parse()
        .ok()
        .filter(|count| (2..=MOST_RANDOM).contains(count))?;
    // A character has six bits; the unused bits of the last one are zero. A single left-over character cannot hold a byte.
    (characters % 4 != 1).then_some(Piece::Random {
        characters,
        bytes: characters * 6 / 8,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(text: &str, grant: Option<&IdTemplate>) -> IdTemplate {
        IdTemplate::compile(text, grant, "id").expect("an id template")
    }

    #[test]
    fn an_id_with_its_grants_in_it_looks_as_if_drawn_in_one_piece() {
        let grant = compile("{random:12}", None);
        let id = compile("{grant_id}{random:15}", Some(&grant));
        let whole = compile("{random:27}", None);
        let random = Random::seeded(1);
        for _ in 0..100 {
            let family = grant.draw("", &random);
            let drawn = id.draw(&family, &random);
            assert_eq!(id.grant_id_of(&drawn), Some(family.as_str()));
            assert_eq!(URL_SAFE_NO_PAD.decode(&drawn).expect("base64url").len(), 20);
            assert_eq!(drawn.len(), whole.draw("", &random).len());
        }
    }

    #[test]
    fn a_text_of_another_shape_has_no_grant_in_it() {
        let grant = compile("{uuid}", None);
        let id = compile("R.{grant_id}.{random:4}", Some(&grant));
        let family = grant.draw("", &Random::System);
        assert_eq!(
            id.grant_id_of(&format!("R.{family}.abcd")),
            Some(family.as_str())
        );
        for text in [
            "",
            "R.",
            "é",
            &format!("S.{family}.abcd"),
            &format!("R.{family}.abcde"),
        ] {
            assert_eq!(id.grant_id_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_template_without_chance_or_with_an_impossible_width_is_refused() {
        for (text, problem) in [
            ("always", "no random part"),
            ("{grant_id}", "not one of"),
            ("{random:5}", "multiple of 4"),
            ("{random:1}", "multiple of 4"),
            ("{random:x}", "multiple of 4"),
            ("{random:200}", "multiple of 4"),
            ("{random:4", "not closed"),
            ("}{random:4}{", "not closed"),
        ] {
            let told = IdTemplate::compile(text, None, "id")
                .expect_err(text)
                .to_string();
            assert!(told.contains(problem), "{told} / {problem}");
        }
    }
}
