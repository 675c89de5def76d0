//! Serde's messages in the words of JSON: an author of a fixture file knows objects and arrays, but not our types.

/// Translates the message of an error about data.
pub(crate) fn in_words(message: &str) -> String {
    translated(message).unwrap_or_else(|| message.to_owned())
}

fn translated(message: &str) -> Option<String> {
    let after = |start: &str| message.strip_prefix(start);
    if let Some(rest) = after("invalid type: ").or_else(|| after("invalid value: ")) {
        wrong_value(rest)
    } else if let Some(rest) = after("unknown field ") {
        unknown("member", rest)
    } else if let Some(rest) = after("unknown variant ") {
        unknown("value", rest)
    } else if let Some(name) = after("missing field ") {
        Some(format!("the member {name} is missing"))
    } else if let Some(name) = after("duplicate field ") {
        Some(format!("the member {} is there twice", abridged(name)))
    } else if after("data did not match any variant of ").is_some() {
        Some("has none of the forms that are possible here".to_owned())
    } else {
        None
    }
}

/// The most characters of the document that a message repeats.
const LONGEST: usize = 100;

/// Shortens a long quotation from the document, whose last character is its closing mark.
fn abridged(quotation: &str) -> String {
    if quotation.chars().count() <= LONGEST {
        return quotation.to_owned();
    }
    let beginning = quotation.chars().take(LONGEST);
    let closing = quotation.chars().last();
    beginning.chain(['…']).chain(closing).collect()
}

fn wrong_value(rest: &str) -> Option<String> {
    // A value may contain the separator, an expectation does not.
    let (found, expected) = rest.rsplit_once(", expected ")?;
    Some(format!(
        "must be {}, not {}",
        expectation(expected),
        value(found)
    ))
}

fn expectation(expected: &str) -> String {
    let whole = |least: i128, most: i128| format!("a whole number from {least} to {most}");
    match expected {
        "u8" => whole(0, u8::MAX.into()),
        "u16" => whole(0, u16::MAX.into()),
        "u32" => whole(0, u32::MAX.into()),
        "u64" | "usize" => "a whole number from 0".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "an object".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "string or map" | "variant identifier" => "a string or an object".to_owned(),
        type_name
            if type_name.starts_with("struct ")
                || type_name.starts_with("internally tagged enum ") =>
        {
            "an object".to_owned()
        }
        type_name if type_name.starts_with("enum ") => "a string or an object".to_owned(),
        other => other.to_owned(),
    }
}

fn value(found: &str) -> String {
    let quoted = |start: &str| found.strip_prefix(start)?.strip_suffix('`');
    let number = quoted("integer `")
        .or_else(|| quoted("floating point `"))
        .or_else(|| quoted("boolean `"));
    match (found, number) {
        ("sequence", _) => "an array".to_owned(),
        ("map", _) => "an object".to_owned(),
        (_, Some(number)) => number.to_owned(),
        (text, _) if text.starts_with("string ") => format!("the {}", abridged(text)),
        (other, _) => other.to_owned(),
    }
}

fn unknown(what: &str, rest: &str) -> Option<String> {
    let (name, known) = rest.split_once(", ").filter(|(_, known)| {
        known.starts_with("expected ") || known.starts_with("there are no ")
    })?;
    let name = abridged(name);
    if known.starts_with("there are no ") {
        return Some(format!("unknown {what} {name}; there are none here"));
    }
    let known = known.trim_start_matches("expected ");
    let several = known
        .strip_prefix("one of ")
        .map(str::to_owned)
        .or_else(|| Some(known.replacen(" or ", ", ", 1)).filter(|_| known.contains("` or `")));
    Some(match several {
        Some(several) => format!("unknown {what} {name}; the {what}s are {several}"),
        None => format!("unknown {what} {name}; the only one is {known}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_repeats_only_the_beginning_of_a_long_value() {
        let long = "x".repeat(60_000);
        let shown = |before: usize| "x".repeat(LONGEST - before);
        assert_eq!(
            in_words(&format!("invalid type: string \"{long}\", expected a map")),
            format!(
                "must be an object, not the string \"{}…\"",
                shown("string \"".len())
            )
        );
        assert_eq!(
            in_words(&format!("unknown field `{long}`, expected `a`")),
            format!("unknown member `{}…`; the only one is `a`", shown(1))
        );
        assert_eq!(
            in_words(&format!("duplicate field `{long}`")),
            format!("the member `{}…` is there twice", shown(1))
        );
    }
}
